-- 16. Which missions carry the ministry's voice?
-- One row per mission that posted in the newest month, the largest share of engagements first.
-- columns: mission_id, mission_name, region, month_start_date, posts, engagements, share_of_voice_by_posts,
--   share_of_voice_by_engagements
select
    mission_id,
    mission_name,
    region,
    period_start_date as month_start_date,
    posts,
    engagements,
    share_of_voice_by_posts,
    share_of_voice_by_engagements
from engagement_by_mission
where
    period_grain = 'month'
    and period_start_date = (
        select max(months.period_start_date)
        from engagement_by_mission as months
        where months.period_grain = 'month'
    )
    and posts > 0
order by share_of_voice_by_engagements desc nulls last, mission_id asc
