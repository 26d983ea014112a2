-- 14. What needs a reaction today?
-- One row per post of the last seven days that drew comments by the newest observation: those with more comments
-- than reactions first, then those with the most new comments; twenty at most.
-- columns: post_id, platform, mission_id, posted_at, comments_gained, comments, reactions,
--   has_more_comments_than_reactions, text, url
select
    daily.post_id,
    daily.platform,
    daily.mission_id,
    posts.posted_at,
    daily.comments_gained,
    daily.comments,
    daily.reactions,
    daily.comments > daily.reactions as has_more_comments_than_reactions,
    posts.text,
    posts.url
from fct_post_metrics_daily as daily
inner join fct_post as posts
    on daily.post_id = posts.post_id
where
    daily.observed_date = (select max(observed_date) from fct_post_metrics_daily)
    and daily.age_days <= 7
    and daily.comments_gained > 0
    and posts.deleted_at is null
order by has_more_comments_than_reactions desc nulls last, daily.comments_gained desc, daily.post_id asc
limit 20
