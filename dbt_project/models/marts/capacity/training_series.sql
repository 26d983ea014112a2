with sessions as (

    select
        course_id,
        count(*) as sessions,
        min(session_date) as first_session_date,
        sum(session_minutes) as session_minutes
    from {{ ref('dim_session') }}
    group by course_id

),

-- A course without a first day stands where its first session was; without that, at the end.
series as (

    select
        courses.course_id,
        courses.name as course_name,
        courses.start_date,
        row_number() over (
            order by coalesce(courses.start_date, sessions.first_session_date) nulls last, courses.course_id
        ) as series_number,
        coalesce(sessions.sessions, 0) as sessions,
        sessions.session_minutes,
        courses.is_synthetic
    from {{ ref('dim_course') }} as courses
    left join sessions
        on courses.course_id = sessions.course_id

),

trainings as (

    select
        series.series_number,
        trainings.officer_id,
        nullif(trainings.mission_id, 'unassigned') as mission_id,
        row_number() over (partition by trainings.officer_id order by series.series_number) = 1 as is_first_of_officer,
        row_number() over (partition by trainings.mission_id order by series.series_number, trainings.officer_id) = 1
            as is_first_of_mission
    from {{ ref('int_trainings') }} as trainings
    inner join series
        on trainings.course_id = series.course_id

),

counts as (

    select
        series_number,
        count(*) as trained_officers,
        count(distinct mission_id) as missions,
        count(*) filter (where is_first_of_officer) as new_officers,
        count(mission_id) filter (where is_first_of_mission) as new_missions
    from trainings
    group by series_number

),

report as (

    select
        series.*,
        cast(coalesce(counts.trained_officers, 0) as integer) as trained_officers,
        cast(coalesce(counts.missions, 0) as integer) as missions,
        cast(sum(coalesce(counts.new_officers, 0)) over so_far as integer) as trained_officers_so_far,
        cast(sum(coalesce(counts.new_missions, 0)) over so_far as integer) as missions_so_far
    from series
    left join counts
        on series.series_number = counts.series_number
    window so_far as (order by series.series_number rows between unbounded preceding and current row)

)

select
    cast(series_number as integer) as series_number,
    course_id,
    course_name,
    start_date,
    cast(sessions as integer) as sessions,
    session_minutes,
    {{- suppress_small(
        'trained_officers', 'trained_officers', 'missions', 'trained_officers_so_far', 'missions_so_far'
    ) }},
    {{ is_small('trained_officers') }} as is_suppressed,
    is_synthetic
from report
