with source as (

    {{ landed('sheets', 'staff') }}

),

renamed as (

    select
        person_id,
        service_number,
        name,
        email,
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
