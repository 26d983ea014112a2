select
    attendance.session_id,
    officers.officer_id,
    attendance.course_id,
    attendance.session_date,
    coalesce(missions.mission_id, 'unassigned') as mission_id,
    attendance.minutes as minutes_present,
    attendance.session_minutes,
    attendance.minutes / attendance.session_minutes as share_present,
    -- Half a microsecond of a long session is no absence.
    attendance.minutes >= attendance.present_share * attendance.session_minutes - 1e-6 as is_present,
    attendance.sources,
    attendance.is_synthetic
from {{ ref('int_attendance') }} as attendance
inner join {{ ref('int_officers') }} as officers
    on attendance.person_id = officers.person_id
{{ join_posting('attendance.person_id', 'attendance.session_date') }}
left join {{ ref('dim_mission') }} as missions
    on coalesce(postings.mission_id, attendance.mission_id, officers.mission_id) = missions.mission_id
