{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'certificates') }}

),

renamed as (

    select
        certificate_id,
        person_id,
        course_id,
        name,
        email,
        {{ person_key('sheets', 'person_id', email='email', name='name') }} as person_as_written,
        issued_on as issued_date,
        expires_on as expires_date,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
