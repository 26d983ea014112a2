-- 7. How well was each session attended?
-- One row per session somebody was in, the newest first.
-- columns: session_id, title, session_date, officers_seen, officers_present, mean_share_present
select
    sessions.session_id,
    sessions.title,
    sessions.session_date,
    count(*) as officers_seen,
    count(*) filter (where attendance.is_present) as officers_present,
    avg(attendance.share_present) as mean_share_present
from fct_attendance as attendance
inner join dim_session as sessions
    on attendance.session_id = sessions.session_id
group by sessions.session_id, sessions.title, sessions.session_date
order by sessions.session_date desc
