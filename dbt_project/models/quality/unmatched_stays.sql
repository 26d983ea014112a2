-- Presence that counts for nothing: meetings of which no stay lies in a session, and sign-in sheets of sessions that no
-- list has. Who came too early for a session that others attended is no fault.
with told as (

    select
        stays.source,
        coalesce(stays.meeting_key, stays.session_id) as meeting,
        stays.meeting_id,
        stays.session_id,
        cast(stays.joined_at as date) as day,
        stays.observed_at,
        stays.is_synthetic
    from {{ ref('int_stays') }} as stays
    where
        case
            when stays.source = 'sheets' then stays.session_id not in (select session_id from {{ ref('int_sessions') }})
            else (stays.source, stays.meeting_key) not in (
                select (source, meeting_key)
                from {{ ref('int_attendance_intervals') }}
                where meeting_key is not null
            )
        end

)

select
    source,
    meeting,
    min(meeting_id) as meeting_id,
    min(session_id) as session_id,
    min(day) as meeting_date,
    count(*) as stays,
    max(observed_at) as observed_at,
    bool_or(is_synthetic) as is_synthetic
from told
group by source, meeting
