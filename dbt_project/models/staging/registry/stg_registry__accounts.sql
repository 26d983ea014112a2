with source as (

    {{ landed('registry', 'accounts') }}

),

renamed as (

    select
        platform,
        handle,
        native_id,
        mission_id,
        display_name,
        registered_from as registered_from_date,
        registered_until as registered_until_date,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
