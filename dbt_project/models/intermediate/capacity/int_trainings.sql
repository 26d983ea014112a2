-- Who is trained, said once: an officer is trained in a course when present at one of its sessions, when passed, or
-- when certified. Certificates without a course tell of none.
with signs as (

    select
        attendance.course_id,
        attendance.officer_id,
        nullif(attendance.mission_id, 'unassigned') as mission_id,
        sessions.session_date as present_date,
        cast(null as date) as certified_date,
        cast(null as date) as passed_date,
        attendance.is_synthetic
    from {{ ref('fct_attendance') }} as attendance
    inner join {{ ref('dim_session') }} as sessions
        on attendance.session_id = sessions.session_id
    where attendance.is_present

    union all

    select
        course_id,
        officer_id,
        null as mission_id,
        null as present_date,
        issued_date as certified_date,
        null as passed_date,
        is_synthetic
    from {{ ref('fct_certification') }}
    where course_id is not null

    union all

    select
        registrations.course_id,
        registrations.officer_id,
        nullif(registrations.mission_id, 'unassigned') as mission_id,
        null as present_date,
        null as certified_date,
        -- Nobody passes later than the course ends, unless a learning record store says so.
        coalesce(
            cast(registrations.completed_at as date),
            {{ dbt.dateadd('day', 'coalesce(courses.length_days, 1) - 1', 'courses.start_date') }}
        ) as passed_date,
        registrations.is_synthetic
    from {{ ref('fct_registration') }} as registrations
    inner join {{ ref('dim_course') }} as courses
        on registrations.course_id = courses.course_id
    where registrations.is_passed

),

trainings as (

    select
        course_id,
        officer_id,
        max_by(mission_id, (coalesce(present_date, date '0001-01-01'), mission_id)) as mission_id,
        coalesce(max(present_date), max(certified_date), max(passed_date)) as trained_date,
        bool_or(is_synthetic) as is_synthetic
    from signs
    group by course_id, officer_id

)

select
    trainings.course_id,
    trainings.officer_id,
    coalesce(trainings.mission_id, officers.mission_id) as mission_id,
    cast(trainings.trained_date as date) as trained_date,
    trainings.is_synthetic
from trainings
inner join {{ ref('dim_officer') }} as officers
    on trainings.officer_id = officers.officer_id and officers.is_current
