-- Every landed nomination; the last told of each is the one that counts.
{{ config(schema='restricted') }}

select
    course_id,
    person_id,
    mission_id,
    nominated_date,
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
from {{ ref('stg_sheets__nominations') }}
