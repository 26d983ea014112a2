-- Every landed nomination; the last told of each is the one that counts.
{{ config(schema='restricted') }}

select
    told.course_id,
    persons.person_id,
    told.mission_id,
    told.nominated_date,
    row_number() over (
        partition by told.course_id, persons.person_id
        order by told.observed_at desc, told.batch_id desc, told.source_line desc, told.source_file desc
    ) = 1 as is_last,
    told.observed_date,
    told.observed_at,
    told.batch_id,
    told.source_file,
    told.source_line,
    told.is_synthetic
from {{ ref('stg_sheets__nominations') }} as told
inner join {{ ref('int_person_keys') }} as persons
    on told.person_as_written = persons.person_as_written
