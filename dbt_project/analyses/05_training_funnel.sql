-- 5. How many of the nominated attended, completed and were certified?
-- One row per course, the newest first. A step is NULL where no record of the course tells it, or where it is
-- about too few officers.
-- columns: course_id, course_name, start_date, nominated, attended, completed, certified,
--   attended_share_of_nominated, completed_share_of_attended, certified_share_of_completed
select
    course_id,
    course_name,
    start_date,
    nominated,
    attended,
    completed,
    certified,
    attended_share_of_nominated,
    completed_share_of_attended,
    certified_share_of_completed
from training_funnel
order by start_date desc nulls last, course_id asc
