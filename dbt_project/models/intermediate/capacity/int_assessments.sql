-- One row per assessment, as last told.
with ranked as (

    select
        assessment_id,
        course_id,
        kind,
        weight,
        due_day,
        max_score,
        row_number() over (
            partition by assessment_id
            order by observed_at desc, batch_id desc, source_line desc, source_file desc
        ) as recency
    from {{ ref('stg_sheets__assessments') }}

)

select
    assessment_id,
    course_id,
    kind,
    weight,
    due_day,
    max_score
from ranked
where recency = 1
