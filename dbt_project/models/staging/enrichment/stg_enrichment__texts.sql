with source as (

    {{ landed('enrichment', 'texts') }}

),

renamed as (

    select
        text_hash,
        model,
        version,
        language,
        language_confidence,
        topic_id,
        topic_score,
        tone,
        tone_score,
        date as observed_date,
        observed_at,
        batch_id,
        is_synthetic
    from source

)

select * from renamed
