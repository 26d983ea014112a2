with source as (

    {{ landed('sheets', 'courses') }}

),

renamed as (

    select
        course_id,
        name,
        starts_on as start_date,
        length_days,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
