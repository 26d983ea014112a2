-- Every landed nomination; the last told of each is the one that counts.
{{ config(schema='restricted') }}

select
    told.course_id,
    persons.person_id,
    told.mission_id,
    told.nominated_date,
    {{ recency('told.course_id, persons.person_id', 'told') }} = 1 as is_last,
    told.observed_date,
    told.observed_at,
    told.batch_id,
    told.source_file,
    told.source_line,
    told.is_synthetic
from {{ ref('stg_sheets__nominations') }} as told
inner join {{ ref('int_person_keys') }} as persons
    on told.person_as_written = persons.person_as_written
