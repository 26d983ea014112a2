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
        verified as is_verified,
        followers_count as followers,
        following_count as following,
        post_count as posts_total,
        listed_count as lists,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
