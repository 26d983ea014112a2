{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'assessment_results') }}

),

renamed as (

    select
        assessment_id,
        person_id,
        {{ person_key('sheets', 'person_id') }} as person_as_written,
        submitted_day,
        submitted_on as submitted_date,
        is_banked,
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
