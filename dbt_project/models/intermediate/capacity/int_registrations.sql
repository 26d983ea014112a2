-- Every landed registration, of the trainers' sheets and of Moodle; the last told of a course and person by each source
-- is the one that counts.
{{ config(schema='restricted') }}

with completions as (

    select
        course_id,
        user_id,
        completed_at
    from {{ ref('stg_moodle__completions') }}
    qualify row_number() over (partition by course_id, user_id order by observed_at desc, batch_id desc) = 1

),

told as (

    select
        'sheets' as source,
        person_as_written,
        course_id,
        mission_id,
        gender,
        outcome,
        cast(null as timestamp) as completed_at,
        observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from {{ ref('stg_sheets__registrations') }}

    union all

    -- Who only teaches or manages a course is not registered for it.
    select
        'moodle' as source,
        enrolments.person_as_written,
        courses.course_id,
        null as mission_id,
        null as gender,
        null as outcome,
        completions.completed_at,
        enrolments.observed_date,
        enrolments.observed_at,
        enrolments.batch_id,
        enrolments.source_file,
        enrolments.source_line,
        enrolments.is_synthetic
    from {{ ref('stg_moodle__enrolments') }} as enrolments
    inner join {{ ref('int_moodle_courses') }} as courses
        on enrolments.course_id = courses.moodle_course_id
    left join completions
        on enrolments.course_id = completions.course_id and enrolments.user_id = completions.user_id
    where
        enrolments.role_names is null
        or not list_has_all(
            ['coursecreator', 'editingteacher', 'manager', 'teacher'], string_split(enrolments.role_names, ', ')
        )

)

select
    told.source,
    told.course_id,
    persons.person_id,
    told.mission_id,
    told.gender,
    told.outcome,
    told.completed_at,
    {{ recency('told.source, told.course_id, persons.person_id', 'told') }} = 1 as is_last,
    told.observed_date,
    told.observed_at,
    told.batch_id,
    told.source_file,
    told.source_line,
    told.is_synthetic
from told
inner join {{ ref('int_person_keys') }} as persons
    on told.person_as_written = persons.person_as_written
