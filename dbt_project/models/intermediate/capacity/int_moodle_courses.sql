-- Moodle's courses as last told, with the id that the ministry knows each by: its ID number there, else its short name.
with ranked as (

    select
        course_id as moodle_course_id,
        coalesce(nullif(trim(id_number), ''), trim(short_name)) as known_as,
        course_name,
        starts_at,
        is_synthetic,
        row_number() over (partition by course_id order by observed_at desc, batch_id desc) as recency
    from {{ ref('stg_moodle__courses') }}

)

select
    moodle_course_id,
    known_as as course_id,
    course_name as name,
    cast(starts_at as date) as start_date,
    is_synthetic
from ranked
where recency = 1
