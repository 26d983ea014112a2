with source as (

    {{ landed('bluesky', 'posts') }}

),

renamed as (

    -- A repost comes with the counts of the post it passes on, which belong to that post.
    select
        uri as post_native_id,
        actor_did as account_native_id,
        case when reason is null then least(created_at, indexed_at) else indexed_at end as posted_at,
        text,
        text as raw_text,
        case
            when reason is null
                then 'https://bsky.app/profile/' || actor_did || '/post/' || {{ dbt.split_part('uri', "'/'", 5) }}
        end as url,
        language,
        case
            when reason is not null then 'repost'
            when reply_parent_uri is not null then 'reply'
            when embed_type in ('app.bsky.embed.record#view', 'app.bsky.embed.recordWithMedia#view') then 'quote'
            else 'original'
        end as kind,
        case when reason is null then like_count end as reactions,
        case when reason is null then reply_count end as comments,
        case when reason is null then repost_count end as shares,
        case when reason is null then quote_count end as quotes,
        case when reason is null then bookmark_count end as saves,
        cast(null as bigint) as impressions,
        cast(null as bigint) as reach,
        cast(null as bigint) as views,
        cast(null as bigint) as clicks,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
