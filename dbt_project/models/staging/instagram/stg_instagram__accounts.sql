with source as (

    {{ landed('instagram', 'accounts') }}

),

renamed as (

    select
        id as account_native_id,
        username as handle,
        name as display_name,
        followers_count as followers,
        follows_count as following,
        media_count as posts_total,
        coalesce(biography, '') as profile_text,
        coalesce(website, '') as websites,
        cast(null as boolean) as is_verified,
        has_profile_pic as has_picture,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
