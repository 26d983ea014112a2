with source as (

    {{ landed('sheets', 'registrations') }}

),

renamed as (

    select
        course_id,
        person_id,
        mission_id,
        gender,
        outcome,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
