-- 2. Whose engagement rose after the workshop?
-- One row per mission whose engagements per post were higher in the nine weeks after its newest workshop than in
-- the nine weeks before, the highest rise first. A rise alone is not the workshop's effect: see question 3.
-- columns: mission_id, mission_name, region, trained_date, posts_before, posts_after,
--   engagements_per_post_before, engagements_per_post_after, change_share
with trained as (

    select
        mission_id,
        max(session_date) as trained_date
    from fct_attendance
    where is_present and mission_id != 'unassigned'
    group by mission_id

),

around as (

    select
        weeks.mission_id,
        weeks.mission_name,
        weeks.region,
        trained.trained_date,
        weeks.period_start_date > trained.trained_date as is_after,
        weeks.posts,
        weeks.engagements
    from engagement_by_mission as weeks
    inner join trained
        on weeks.mission_id = trained.mission_id
    where
        weeks.period_grain = 'week'
        and weeks.engagements is not null
        and weeks.period_start_date between trained.trained_date - 69 and trained.trained_date + 63
        -- The week of the workshop is neither before nor after.
        and trained.trained_date not between weeks.period_start_date and weeks.period_end_date

),

compared as (

    select
        mission_id,
        mission_name,
        region,
        trained_date,
        sum(posts) filter (where not is_after) as posts_before,
        sum(posts) filter (where is_after) as posts_after,
        sum(engagements) filter (where not is_after) / sum(posts) filter (where not is_after)
            as engagements_per_post_before,
        sum(engagements) filter (where is_after) / sum(posts) filter (where is_after) as engagements_per_post_after
    from around
    group by mission_id, mission_name, region, trained_date

)

select
    *,
    engagements_per_post_after / nullif(engagements_per_post_before, 0) - 1 as change_share
from compared
where engagements_per_post_after > engagements_per_post_before
order by change_share desc
