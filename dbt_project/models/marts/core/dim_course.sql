-- Courses of the trainers' lists and of Moodle, and those that only another sheet or a session mentions. Where both
-- list one, the trainers' words count.
with listed as (

    select
        course_id,
        name,
        start_date,
        length_days,
        is_synthetic,
        {{ recency('course_id') }} as recency
    from {{ ref('stg_sheets__courses') }}

),

in_moodle as (

    -- Should two of its courses be one to the ministry, the newer tells.
    select
        course_id,
        arg_max(name, cast(moodle_course_id as bigint)) as name,
        min(start_date) as start_date,
        bool_or(is_synthetic) as is_synthetic
    from {{ ref('int_moodle_courses') }}
    group by course_id

),

mentioned as (

    select
        course_id,
        is_synthetic
    from {{ ref('stg_sheets__registrations') }}

    union all

    select
        course_id,
        is_synthetic
    from {{ ref('stg_sheets__assessments') }}

    union all

    select
        course_id,
        is_synthetic
    from {{ ref('int_sessions') }}

    union all

    select
        course_id,
        is_synthetic
    from {{ ref('stg_sheets__nominations') }}

    union all

    select
        course_id,
        is_synthetic
    from {{ ref('stg_sheets__test_results') }}

    union all

    select
        course_id,
        is_synthetic
    from {{ ref('stg_sheets__certificates') }}
    where course_id is not null

    union all

    select
        course_id,
        is_synthetic
    from listed

    union all

    select
        course_id,
        is_synthetic
    from in_moodle

),

courses as (

    select
        course_id,
        bool_or(is_synthetic) as is_synthetic
    from mentioned
    group by course_id

)

select
    courses.course_id,
    coalesce(listed.name, in_moodle.name) as name,
    coalesce(listed.start_date, in_moodle.start_date) as start_date,
    cast(listed.length_days as integer) as length_days,
    coalesce(listed.course_id, in_moodle.course_id) is not null as is_listed,
    courses.is_synthetic
from courses
left join listed
    on courses.course_id = listed.course_id and listed.recency = 1
left join in_moodle
    on courses.course_id = in_moodle.course_id
