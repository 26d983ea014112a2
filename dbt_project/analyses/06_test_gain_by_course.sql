-- 6. What did officers gain from the test before a course to the one after?
-- One row per course with both tests, the newest first, with the 95 % interval of the mean gain.
-- columns: course_id, course_name, start_date, officers, mean_pre_points, mean_post_points, mean_gain_points,
--   mean_gain_points_lower, mean_gain_points_upper
select
    course_id,
    course_name,
    start_date,
    officers,
    mean_pre_points,
    mean_post_points,
    mean_gain_points,
    mean_gain_points_lower,
    mean_gain_points_upper
from training_gain
where mean_gain_points is not null
order by start_date desc nulls last, course_id asc
