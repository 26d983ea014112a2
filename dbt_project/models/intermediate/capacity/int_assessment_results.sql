-- Every landed result, of the trainers' sheets and of Moodle's activities; the last told of an assessment and person is
-- the one that counts.
{{ config(schema='restricted') }}

with moodle_people as (

    select
        user_id,
        person_as_written
    from {{ ref('stg_moodle__enrolments') }}
    qualify row_number() over (partition by user_id order by observed_at desc, batch_id desc, course_id desc) = 1

),

told as (

    select
        'sheets' as source,
        assessment_id,
        person_as_written,
        submitted_day,
        submitted_date,
        is_banked,
        score,
        true as is_handed_in,
        observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from {{ ref('stg_sheets__assessment_results') }}

    union all

    -- Totals are made of other items. Moodle tells an item of everybody, with nothing in it until something is handed
    -- in.
    select
        'moodle' as source,
        'moodle-' || grades.item_id as assessment_id,
        people.person_as_written,
        null as submitted_day,
        cast(grades.submitted_at as date) as submitted_date,
        null as is_banked,
        grades.grade as score,
        coalesce(grades.submitted_at, grades.graded_at) is not null or grades.grade is not null as is_handed_in,
        grades.observed_date,
        grades.observed_at,
        grades.batch_id,
        grades.source_file,
        grades.source_line,
        grades.is_synthetic
    from {{ ref('stg_moodle__grades') }} as grades
    inner join moodle_people as people
        on grades.user_id = people.user_id
    where grades.item_type not in ('course', 'category')

)

select
    told.source,
    told.assessment_id,
    persons.person_id,
    told.submitted_day,
    told.submitted_date,
    told.is_banked,
    told.score,
    told.is_handed_in
    and {{ recency('told.assessment_id, persons.person_id', 'told') }} = 1 as is_last,
    told.observed_date,
    told.observed_at,
    told.batch_id,
    told.source_file,
    told.source_line,
    told.is_synthetic
from told
inner join {{ ref('int_person_keys') }} as persons
    on told.person_as_written = persons.person_as_written
