with source as (

    {{ landed('enrichment', 'embeddings') }}

),

renamed as (

    select
        text_hash,
        model,
        version,
        vector,
        date as observed_date,
        observed_at,
        batch_id,
        is_synthetic
    from source

)

select * from renamed
