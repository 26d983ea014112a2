with source as (

    {{ landed('facebook', 'accounts') }}

),

renamed as (

    select
        id as account_native_id,
        coalesce(username, id) as handle,
        name as display_name,
        followers_count as followers,
        cast(null as bigint) as following,
        cast(null as bigint) as posts_total,
        fan_count as fans,
        category,
        verification_status,
        coalesce(about, '') as profile_text,
        coalesce(website, '') as websites,
        verification_status in ('blue_verified', 'gray_verified') as is_verified,
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
