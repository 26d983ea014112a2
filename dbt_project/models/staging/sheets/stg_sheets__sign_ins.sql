{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'sign_ins') }}

),

renamed as (

    select
        session_id,
        person,
        service_number,
        email,
        {{ person_key('sheets', 'person', 'service_number', 'email') }} as person_as_written,
        mission_id,
        signed_at,
        left_at,
        minutes,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
