{{ config(materialized="table") }}

-- A table, since every staging view asks it which batches are committed.
with source as (

    select * from {{ source('landing', 'batches') }}

),

renamed as (

    select
        source,
        table_name,
        batch_id,
        source_file,
        date as observed_date,
        observed_at,
        received,
        landed,
        quarantined,
        repeated,
        warned,
        coalesce(erased, 0) as erased,
        sha256,
        is_synthetic
    from source

)

select * from renamed
