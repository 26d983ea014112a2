{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'staff') }}

),

renamed as (

    select
        person_id,
        service_number,
        name,
        email,
        {{ person_key('sheets', 'person_id', 'service_number', 'email', 'name') }} as person_as_written,
        mission_id,
        posted_on as posted_date,
        grade,
        gender,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
