{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'registrations') }}

),

renamed as (

    select
        course_id,
        person_id,
        {{ person_key('sheets', 'person_id') }} as person_as_written,
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
