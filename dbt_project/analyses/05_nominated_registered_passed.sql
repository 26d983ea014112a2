-- 5. How many of the nominated registered, and how many passed?
-- One row per course that had nominations, the newest nominations first.
-- columns: course_id, first_nominated_date, nominated, registered, passed, passed_share_of_nominated
select
    nominations.course_id,
    min(nominations.nominated_date) as first_nominated_date,
    count(*) as nominated,
    count(registrations.officer_id) as registered,
    count(*) filter (where registrations.is_passed) as passed,
    count(*) filter (where registrations.is_passed) / count(*) as passed_share_of_nominated
from fct_nomination as nominations
left join fct_registration as registrations
    on nominations.course_id = registrations.course_id and nominations.officer_id = registrations.officer_id
group by nominations.course_id
order by first_nominated_date desc
