-- 15. When do a mission's posts do best, by its own clock?
-- One row per mission, platform and one of its three best hours of the week. Hours with fewer than five settled
-- posts are not ranked.
-- columns: mission_name, platform, time_zone, iso_weekday, hour_of_day, rank_of_hour, settled_posts,
--   median_engagements
select
    missions.name as mission_name,
    rhythm.platform,
    rhythm.time_zone,
    rhythm.iso_weekday,
    rhythm.hour_of_day,
    rhythm.rank_of_hour,
    rhythm.settled_posts,
    rhythm.median_engagements
from posting_rhythm as rhythm
inner join dim_mission as missions
    on rhythm.mission_id = missions.mission_id
where rhythm.rank_of_hour <= 3
order by missions.name, rhythm.platform, rhythm.rank_of_hour
