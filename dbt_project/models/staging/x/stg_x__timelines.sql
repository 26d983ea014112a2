with source as (

    {{ landed('x', 'timelines') }}

),

renamed as (

    select
        author_id as account_native_id,
        window_start as window_start_at,
        window_end as window_end_at,
        posts_read,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
