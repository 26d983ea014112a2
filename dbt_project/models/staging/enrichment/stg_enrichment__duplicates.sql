with source as (

    {{ landed('enrichment', 'duplicates') }}

),

renamed as (

    select
        text_hash,
        other_text_hash,
        model,
        version,
        similarity,
        date as observed_date,
        observed_at,
        batch_id,
        is_synthetic
    from source

)

select * from renamed
