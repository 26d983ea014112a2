-- One row per assessment, as last told: of the trainers' lists, and Moodle's activities.
with told as (

    select
        assessment_id,
        course_id,
        kind,
        weight,
        due_day,
        max_score,
        observed_at,
        batch_id,
        source_line,
        source_file
    from {{ ref('stg_sheets__assessments') }}

    union all

    -- A test before or after the course is known by its name; any other item by what it is.
    select
        'moodle-' || grades.item_id as assessment_id,
        courses.course_id,
        case
            when lower(trim(grades.item_name)) in ('pre-test', 'post-test') then lower(trim(grades.item_name))
            else coalesce(grades.item_module, grades.item_type)
        end as kind,
        null as weight,
        null as due_day,
        grades.grade_max as max_score,
        grades.observed_at,
        grades.batch_id,
        grades.source_line,
        grades.source_file
    from {{ ref('stg_moodle__grades') }} as grades
    inner join {{ ref('int_moodle_courses') }} as courses
        on grades.course_id = courses.moodle_course_id
    where grades.item_type not in ('course', 'category')

),

ranked as (

    select
        *,
        {{ recency('assessment_id') }} as recency
    from told

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
