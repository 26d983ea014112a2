-- 8. Which accounts are dormant, or on the way there?
-- One row per official account that has been silent for 14 days or more, or of which no post is known, the longest
-- silent first.
-- columns: platform, handle, mission_name, region, last_posted_date, days_silent, is_dormant
select
    scores.platform,
    scores.handle,
    missions.name as mission_name,
    missions.region,
    scores.last_posted_date,
    scores.days_silent,
    scores.is_dormant
from asset_scores as scores
inner join dim_mission as missions
    on scores.mission_id = missions.mission_id
where scores.days_silent is null or scores.days_silent >= 14
order by scores.is_dormant desc nulls last, scores.days_silent desc nulls first, scores.platform asc, scores.handle asc
