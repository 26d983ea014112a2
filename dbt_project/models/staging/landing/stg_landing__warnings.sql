with source as (

    select * from {{ source('landing', 'warnings') }}

),

renamed as (

    select
        source,
        table_name,
        batch_id,
        source_file,
        source_line,
        record_number,
        field,
        value,
        reason,
        raw,
        date as observed_date,
        observed_at,
        is_synthetic
    from source

)

select * from renamed
