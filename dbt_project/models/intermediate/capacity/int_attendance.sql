-- How long a person was in a session. What was seen on the clock counts; the minutes that a sheet tells only where
-- nobody was seen, and a bare signature, for the whole session, only where there is nothing else.
{{ config(schema='restricted') }}

with seen as (

    select
        intervals.session_id,
        persons.person_id,
        intervals.source,
        intervals.mission_id,
        intervals.joined_at,
        intervals.left_at,
        intervals.told_minutes,
        intervals.observed_at,
        intervals.is_synthetic
    from {{ ref('int_attendance_intervals') }} as intervals
    inner join {{ ref('int_person_keys') }} as persons
        on intervals.person_as_written = persons.person_as_written

),

on_the_clock as (

    select *
    from seen
    where joined_at is not null

),

measured as (

    {{ minutes_of_union('on_the_clock', ['session_id', 'person_id']) }}

),

people as (

    select
        session_id,
        person_id,
        string_agg(distinct source, ', ' order by source) as sources,
        max(told_minutes) as told_minutes,
        max_by(mission_id, observed_at) filter (where mission_id is not null) as mission_id,
        max(observed_at) as observed_at,
        bool_or(is_synthetic) as is_synthetic
    from seen
    group by session_id, person_id

),

sessions as (

    select
        *,
        {{ dbt.datediff(
            'starts_at', 'ends_at', 'microsecond'
        ) }} / 60000000.0 as session_minutes
    from {{ ref('int_sessions') }}

)

select
    people.session_id,
    people.person_id,
    sessions.course_id,
    cast(sessions.starts_at as date) as session_date,
    people.mission_id,
    cast(
        coalesce(
            measured.minutes, least(people.told_minutes, sessions.session_minutes), sessions.session_minutes
        ) as double
    ) as minutes,
    cast(sessions.session_minutes as double) as session_minutes,
    coalesce(sessions.present_share, {{ var('present_share') }}) as present_share,
    people.sources,
    people.observed_at,
    people.is_synthetic
from people
inner join sessions
    on people.session_id = sessions.session_id
left join measured
    on people.session_id = measured.session_id and people.person_id = measured.person_id
