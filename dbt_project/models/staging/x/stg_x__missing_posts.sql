with source as (

    {{ landed('x', 'missing_posts') }}

),

renamed as (

    select
        id as post_native_id,
        author_id as account_native_id,
        title,
        detail,
        -- X says the same of a post that is deleted and one that never was; of a hidden one it says otherwise.
        title = 'Not Found Error' as is_deleted,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
