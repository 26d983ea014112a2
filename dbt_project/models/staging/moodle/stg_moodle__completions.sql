-- People are personal data: this view stays in the restricted schema and is never published.
{{ config(schema='restricted') }}

with source as (

    {{ landed('moodle', 'completions') }}

),

renamed as (

    select
        course_id,
        user_id,
        completed as is_complete,
        case aggregation when '1' then 'all' when '2' then 'any' end as criteria_needed,
        criteria,
        criteria_complete,
        -- Moodle tells when each criterion was met, not the course.
        case when completed and aggregation = '1' then last_criterion when completed then first_criterion end
            as completed_at,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
