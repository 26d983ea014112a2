-- When whom a source saw in which session, cut to the session. A sign-in without times has no interval but what it
-- tells: told_minutes, or nothing at all for a bare signature.
{{ config(schema='restricted') }}

with meeting_stays as (

    -- By the meeting's id; where one of the two has none, by the same title. The times must overlap either way, since
    -- a recurring meeting keeps its id.
    select
        sessions.session_id,
        stays.source,
        stays.meeting_key,
        stays.person_as_written,
        stays.mission_id,
        stays.joined_at,
        stays.left_at,
        cast(null as double) as told_minutes,
        sessions.starts_at,
        sessions.ends_at,
        stays.observed_at,
        stays.is_synthetic
    from {{ ref('int_stays') }} as stays
    inner join {{ ref('int_sessions') }} as sessions
        on
            stays.meeting_id
            = case when stays.source = 'zoom' then sessions.zoom_meeting_id else sessions.teams_meeting_id end
            or (
                (
                    stays.meeting_id is null
                    or case when stays.source = 'zoom' then sessions.zoom_meeting_id else sessions.teams_meeting_id end
                    is null
                )
                and lower(trim(stays.topic)) = lower(trim(sessions.title))
            )
    where stays.source in ('zoom', 'teams')

),

sign_ins as (

    select
        sessions.session_id,
        stays.source,
        stays.meeting_key,
        stays.person_as_written,
        stays.mission_id,
        -- Who only left at a known time was there from the start; who signed stayed as long as the sheet tells, else
        -- to the end.
        case
            when coalesce(stays.joined_at, stays.left_at) is not null
                then coalesce(stays.joined_at, sessions.starts_at)
        end as joined_at,
        case
            when coalesce(stays.joined_at, stays.left_at) is not null
                then coalesce(
                    stays.left_at,
                    stays.joined_at + to_microseconds(cast(stays.told_minutes * 60000000 as bigint)),
                    sessions.ends_at
                )
        end as left_at,
        stays.told_minutes,
        sessions.starts_at,
        sessions.ends_at,
        stays.observed_at,
        stays.is_synthetic
    from {{ ref('int_stays') }} as stays
    inner join {{ ref('int_sessions') }} as sessions
        on stays.session_id = sessions.session_id
    where stays.source = 'sheets'

),

cut as (

    {{ cut_to_session('(select * from meeting_stays union all by name select * from sign_ins)') }}

)

select
    session_id,
    source,
    meeting_key,
    person_as_written,
    mission_id,
    joined_at,
    left_at,
    null as told_minutes,
    observed_at,
    is_synthetic
from cut

union all

select
    session_id,
    source,
    meeting_key,
    person_as_written,
    mission_id,
    null as joined_at,
    null as left_at,
    told_minutes,
    observed_at,
    is_synthetic
from sign_ins
where joined_at is null
