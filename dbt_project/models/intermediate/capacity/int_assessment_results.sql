-- Every landed result; the last told of an assessment and person is the one that counts.
{{ config(schema='restricted') }}

select
    assessment_id,
    person_id,
    submitted_day,
    submitted_date,
    is_banked,
    score,
    row_number() over (
        partition by assessment_id, person_id
        order by observed_at desc, batch_id desc, source_line desc, source_file desc
    ) = 1 as is_last,
    observed_date,
    observed_at,
    batch_id,
    source_file,
    source_line,
    is_synthetic
from {{ ref('stg_sheets__assessment_results') }}
