-- Every landed registration; the last told of a course and person is the one that counts.
{{ config(schema='restricted') }}

select
    course_id,
    person_id,
    mission_id,
    outcome,
    row_number() over (
        partition by course_id, person_id
        order by observed_at desc, batch_id desc, source_line desc, source_file desc
    ) = 1 as is_last,
    observed_date,
    observed_at,
    batch_id,
    source_file,
    source_line,
    is_synthetic
from {{ ref('stg_sheets__registrations') }}
