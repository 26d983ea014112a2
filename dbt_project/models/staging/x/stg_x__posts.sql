with source as (

    {{ landed('x', 'posts') }}

),

renamed as (

    -- X shows a repost with the count of its original's reposts; what belongs to the original is not counted twice.
    select
        id as post_native_id,
        author_id as account_native_id,
        created_at as posted_at,
        {{ unescape_html('text') }} as text,
        text as raw_text,
        'https://x.com/i/status/' || id as url,
        lang as language,
        case referenced_type
            when 'retweeted' then 'repost'
            when 'quoted' then 'quote'
            when 'replied_to' then 'reply'
            else 'original'
        end as kind,
        referenced_id as referenced_post_native_id,
        case when (referenced_type is distinct from 'retweeted') then like_count end as reactions,
        case when (referenced_type is distinct from 'retweeted') then reply_count end as comments,
        case when (referenced_type is distinct from 'retweeted') then repost_count end as shares,
        case when (referenced_type is distinct from 'retweeted') then quote_count end as quotes,
        case when (referenced_type is distinct from 'retweeted') then bookmark_count end as saves,
        case when (referenced_type is distinct from 'retweeted') then impression_count end as impressions,
        cast(null as bigint) as reach,
        cast(null as bigint) as views,
        url_link_clicks as clicks,
        user_profile_clicks as profile_clicks,
        organic_impression_count as organic_impressions,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
