with source as (

    {{ landed('registry', 'missions') }}

),

renamed as (

    select
        mission_id,
        name,
        kind,
        city,
        country_code,
        country,
        region,
        time_zone,
        latitude,
        longitude,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
