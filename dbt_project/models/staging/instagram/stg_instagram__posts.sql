with source as (

    {{ landed('instagram', 'posts') }}

),

renamed as (

    select
        id as post_native_id,
        ig_user_id as account_native_id,
        "timestamp" as posted_at,
        caption as text,
        caption as raw_text,
        permalink as url,
        cast(null as varchar) as language,
        'original' as kind,
        like_count as reactions,
        comments_count as comments,
        shares,
        cast(null as bigint) as quotes,
        saved as saves,
        cast(null as bigint) as impressions,
        reach,
        views,
        cast(null as bigint) as clicks,
        media_type,
        media_product_type,
        total_interactions as interactions,
        profile_visits,
        follows,
        ig_reels_avg_watch_time as average_watch_milliseconds,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
