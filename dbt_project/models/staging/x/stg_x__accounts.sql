with source as (

    {{ landed('x', 'accounts') }}

),

renamed as (

    select
        id as account_native_id,
        username as handle,
        name as display_name,
        created_at,
        protected as is_protected,
        followers_count as followers,
        following_count as following,
        post_count as posts_total,
        listed_count as lists,
        coalesce(description, '') as profile_text,
        coalesce(url, '') as websites,
        verified as is_verified,
        profile_image_url not like '%/default_profile%' as has_picture,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
