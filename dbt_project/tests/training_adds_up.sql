-- The reports of training tell of as many officers as the facts hold, counted here anew. Where few are kept back the
-- report tells no number, and nothing is compared.
with trained as (

    select
        course_id,
        officer_id
    from {{ ref('fct_attendance') }}
    where is_present
    union
    select
        course_id,
        officer_id
    from {{ ref('fct_registration') }}
    where is_passed
    union
    select
        course_id,
        officer_id
    from {{ ref('fct_certification') }}
    where course_id is not null

),

by_course as (

    select
        courses.course_id,
        count(trained.officer_id) as trained_officers,
        (
            select count(distinct nominations.officer_id)
            from {{ ref('fct_nomination') }} as nominations
            where nominations.course_id = courses.course_id
        ) as nominated,
        (
            select count(distinct attendance.officer_id)
            from {{ ref('fct_attendance') }} as attendance
            where attendance.course_id = courses.course_id and attendance.is_present
        ) as attended,
        (
            select count(distinct certificates.officer_id)
            from {{ ref('fct_certification') }} as certificates
            where certificates.course_id = courses.course_id
        ) as certified
    from {{ ref('dim_course') }} as courses
    left join trained
        on courses.course_id = trained.course_id
    group by courses.course_id

),

by_mission as (

    select
        posted.mission_id,
        count(distinct trained.officer_id) as trained_officers,
        count(trained.officer_id) as trainings
    from {{ ref('int_posted_officers') }} as posted
    left join trained
        on posted.officer_id = trained.officer_id
    group by posted.mission_id

),

totals as (

    select
        'training_series, ' || series.course_id as report,
        series.trained_officers as told,
        by_course.trained_officers as counted
    from {{ ref('training_series') }} as series
    inner join by_course
        on series.course_id = by_course.course_id

    union all

    select
        'training_series, to the end' as report,
        max_by(trained_officers_so_far, series_number) as told,
        (select count(distinct officer_id) from trained) as counted
    from {{ ref('training_series') }}

    {% for step in ['nominated', 'attended', 'certified'] %}
    union all

    select
        'training_funnel, {{ step }} of ' || funnel.course_id as report,
        funnel.{{ step }} as told,
        by_course.{{ step }} as counted
    from {{ ref('training_funnel') }} as funnel
    inner join by_course
        on funnel.course_id = by_course.course_id
    {% endfor %}

    union all

    select
        'mission_training_coverage, ' || coverage.mission_id as report,
        coverage.trained_officers as told,
        coalesce(by_mission.trained_officers, 0) as counted
    from {{ ref('mission_training_coverage') }} as coverage
    left join by_mission
        on coverage.mission_id = by_mission.mission_id

    union all

    select
        'mission_course_coverage, ' || coverage.mission_id as report,
        sum(coverage.trained_officers) as told,
        coalesce(any_value(by_mission.trainings), 0) as counted
    from {{ ref('mission_course_coverage') }} as coverage
    left join by_mission
        on coverage.mission_id = by_mission.mission_id
    group by coverage.mission_id

)

select
    report,
    told,
    counted
from totals
where told != counted
