with source as (

    {{ landed('linkedin', 'accounts') }}

),

renamed as (

    select
        id as account_native_id,
        vanity_name as handle,
        name as display_name,
        created_at,
        followers_count as followers,
        cast(null as bigint) as following,
        cast(null as bigint) as posts_total,
        cast(null as varchar) as profile_text,
        coalesce(website, '') as websites,
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
