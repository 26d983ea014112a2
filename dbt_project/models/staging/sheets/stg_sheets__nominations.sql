{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'nominations') }}

),

renamed as (

    select
        course_id,
        person_id,
        service_number,
        name,
        email,
        {{ person_key('sheets', 'person_id', 'service_number', 'email', 'name') }} as person_as_written,
        mission_id,
        nominated_on as nominated_date,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
