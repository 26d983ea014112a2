-- 6. How much better were the tests after each course than before?
-- One row per course with both tests, the newest first. Officers who took one test alone are in its mean.
-- columns: course_id, course_name, start_date, mean_pre_test_score, mean_post_test_score, gain_points
select
    course_id,
    course_name,
    start_date,
    mean_pre_test_score,
    mean_post_test_score,
    mean_post_test_score - mean_pre_test_score as gain_points
from capacity_by_course
where mean_pre_test_score is not null and mean_post_test_score is not null
order by start_date desc
