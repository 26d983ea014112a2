with source as (

    {{ landed('youtube', 'accounts') }}

),

renamed as (

    select
        id as account_native_id,
        handle,
        title as display_name,
        country as country_code,
        published_at as created_at,
        is_subscriber_count_hidden,
        case when (is_subscriber_count_hidden is distinct from true) then subscriber_count end as followers,
        cast(null as bigint) as following,
        video_count as posts_total,
        view_count as views_total,
        coalesce(description, '') as profile_text,
        cast(null as varchar) as websites,
        cast(null as boolean) as is_verified,
        cast(null as boolean) as has_picture,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
