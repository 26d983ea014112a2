with source as (

    {{ landed('bluesky', 'accounts') }}

),

renamed as (

    select
        did as account_native_id,
        handle,
        display_name,
        created_at,
        followers_count as followers,
        follows_count as following,
        posts_count as posts_total,
        coalesce(description, '') as profile_text,
        coalesce(website, '') as websites,
        coalesce(verified_status = 'valid', false) as is_verified,
        avatar is not null as has_picture,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
