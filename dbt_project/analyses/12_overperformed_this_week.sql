-- 12. What overperformed this week?
-- One row per post of the newest seven days of posts with at least twice the engagements expected of it, the best
-- first.
-- columns: post_id, platform, mission_id, posted_at, engagements, expected_engagements, overperformance, text,
--   url
select
    performance.post_id,
    performance.platform,
    performance.mission_id,
    performance.posted_at,
    performance.engagements,
    performance.expected_engagements,
    performance.overperformance,
    posts.text,
    posts.url
from post_performance as performance
inner join fct_post as posts
    on performance.post_id = posts.post_id
where
    performance.is_oldest_age
    and performance.overperformance >= 2
    and performance.posted_date > (select max(posted_date) - 7 from fct_post)
order by performance.overperformance desc
