with source as (

    {{ landed('mastodon', 'posts') }}

),

renamed as (

    -- A boost has no counts of its own: those of the post it passes on belong to that post.
    select
        id as post_native_id,
        account_id as account_native_id,
        created_at as posted_at,
        edited_at,
        {{ plain_text('content') }} as text,
        content as raw_text,
        nullif(spoiler_text, '') as content_warning,
        case when reblog_id is null then url end as url,
        language,
        case
            when reblog_id is not null then 'repost'
            when in_reply_to_id is not null then 'reply'
            when quote_state is not null then 'quote'
            else 'original'
        end as kind,
        coalesce(reblog_id, in_reply_to_id, quoted_id) as referenced_post_native_id,
        visibility,
        sensitive as is_sensitive,
        case when reblog_id is null then favourites_count end as reactions,
        case when reblog_id is null then replies_count end as comments,
        case when reblog_id is null then reblogs_count end as shares,
        case when reblog_id is null then quotes_count end as quotes,
        cast(null as bigint) as saves,
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
