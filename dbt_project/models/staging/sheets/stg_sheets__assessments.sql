with source as (

    {{ landed('sheets', 'assessments') }}

),

renamed as (

    select
        assessment_id,
        course_id,
        kind,
        weight,
        due_day,
        max_score,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
