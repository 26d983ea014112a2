{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'test_results') }}

),

renamed as (

    select
        course_id,
        person_id,
        phase,
        name,
        {{ person_key('sheets', 'person_id', name='name') }} as person_as_written,
        score,
        max_score,
        taken_on as taken_date,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
