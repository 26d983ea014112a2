with source as (

    {{ landed('facebook', 'posts') }}

),

renamed as (

    -- Of the posts that Facebook calls a shared story only the share of a post has a parent; the others are links.
    select
        id as post_native_id,
        page_id as account_native_id,
        created_time as posted_at,
        message as text,
        message as raw_text,
        permalink_url as url,
        cast(null as varchar) as language,
        case
            when parent_id is null or {{ dbt.split_part('parent_id', "'_'", 1) }} = page_id then 'original'
            when message is null then 'repost'
            else 'quote'
        end as kind,
        reactions_count as reactions,
        comments_count as comments,
        shares_count as shares,
        cast(null as bigint) as quotes,
        cast(null as bigint) as saves,
        cast(null as bigint) as impressions,
        post_total_media_view_unique as reach,
        post_media_view as views,
        post_clicks as clicks,
        reactions_like,
        reactions_love,
        reactions_care,
        reactions_haha,
        reactions_wow,
        reactions_sad,
        reactions_angry,
        status_type,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
