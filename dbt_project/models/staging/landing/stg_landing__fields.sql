with source as (

    select * from {{ source('landing', 'fields') }}

),

renamed as (

    select
        source,
        table_name,
        batch_id,
        source_file,
        field,
        kind,
        is_of_first_batch,
        date as observed_date,
        observed_at,
        is_synthetic
    from source

)

select * from renamed
