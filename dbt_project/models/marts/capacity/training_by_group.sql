{% set dimensions = ['region', 'grade', 'gender'] %}

with officers as (

    -- Grade and gender are those of the course's first day, where the staff lists reach back to it.
    select
        registrations.course_id,
        registrations.officer_id,
        registrations.is_passed,
        missions.region,
        officers.grade,
        officers.gender,
        tests.post_points - tests.pre_points as gain_points,
        registrations.is_synthetic
    from {{ ref('fct_registration') }} as registrations
    inner join {{ ref('dim_course') }} as courses
        on registrations.course_id = courses.course_id
    inner join {{ ref('dim_mission') }} as missions
        on registrations.mission_id = missions.mission_id
    inner join {{ ref('int_officer_versions') }} as officers
        on registrations.officer_id = officers.officer_id
    left join {{ ref('int_test_pairs') }} as tests
        on registrations.course_id = tests.course_id and registrations.officer_id = tests.officer_id
    qualify row_number() over (
        partition by registrations.course_id, registrations.officer_id
        order by
            coalesce(
                courses.start_date >= officers.valid_from_date
                and courses.start_date < coalesce(officers.valid_to_date, date '9999-12-31'),
                false
            ) desc,
            officers.is_current desc
    ) = 1

),

dimensions as (

    {%- for dimension in dimensions %}
    select
        course_id,
        '{{ dimension }}' as dimension,
        coalesce({{ dimension }}, 'Not told') as dimension_value,
        is_passed,
        gain_points,
        is_synthetic
    from officers
    {{- ' union all' if not loop.last }}
    {%- endfor %}

),

groups as (

    select
        course_id,
        dimension,
        dimension_value,
        cast(count(*) as integer) as registrations,
        count(*) filter (where is_passed) as passed,
        cast(count(gain_points) as integer) as tested,
        avg(gain_points) as mean_gain_points,
        bool_or(is_synthetic) as is_synthetic
    from dimensions
    group by course_id, dimension, dimension_value

),

kept_back as (

    select
        *,
        {{ is_kept_back('registrations', 'course_id, dimension', 'dimension_value') }} as is_kept_back,
        {{ is_kept_back('tested', 'course_id, dimension', 'dimension_value') }} as is_gain_kept_back
    from groups

)

select
    course_id,
    dimension,
    dimension_value,
    case when not is_kept_back then registrations end as registrations,
    case when not is_kept_back then {{ rate('passed', 'registrations') }} end as pass_share_of_registrations,
    case when not (is_kept_back or is_gain_kept_back) then tested end as tested,
    case when not (is_kept_back or is_gain_kept_back) then mean_gain_points end as mean_gain_points,
    is_kept_back or is_gain_kept_back as is_suppressed,
    is_synthetic
from kept_back
