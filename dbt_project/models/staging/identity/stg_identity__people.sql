-- Who is meant is personal data: this view stays in the restricted schema and is never published.
{{ config(schema='restricted') }}

with source as (

    {{ landed('identity', 'people') }}

),

renamed as (

    select
        key as person_as_written,
        person_id,
        method,
        score,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
