with source as (

    {{ landed('linkedin', 'posts') }}

),

kinds as (

    select
        *,
        case
            when reshared_id is null then 'original'
            when trim(coalesce(commentary, '')) = '' then 'repost'
            else 'quote'
        end as kind
    from source

),

renamed as (

    -- Who reacts to a repost without words reacts to the post that it passes on.
    select
        id as post_native_id,
        organization_id as account_native_id,
        published_at as posted_at,
        last_modified_at,
        {{ plain_commentary('commentary') }} as text,
        commentary as raw_text,
        'https://www.linkedin.com/feed/update/' || id as url,
        cast(null as varchar) as language,
        kind,
        reshared_id as referenced_post_native_id,
        visibility,
        case when kind <> 'repost' then like_count end as reactions,
        case when kind <> 'repost' then comment_count end as comments,
        case when kind <> 'repost' then share_count end as shares,
        cast(null as bigint) as quotes,
        cast(null as bigint) as saves,
        case when kind <> 'repost' then impression_count end as impressions,
        case when kind <> 'repost' then unique_impressions_count end as reach,
        cast(null as bigint) as views,
        case when kind <> 'repost' then click_count end as clicks,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from kinds

)

select * from renamed
