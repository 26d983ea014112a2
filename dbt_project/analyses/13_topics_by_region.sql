-- 13. Which topics drive engagement by region?
-- One row per region and topic over all months, within a region the topic with the most engagements per post
-- first. Posts that no model has read yet are left out.
-- columns: region, topic, posts, engagements, engagements_per_post
select
    region,
    topic,
    sum(posts) as posts,
    sum(engagements) as engagements,
    sum(engagements) / nullif(sum(posts_with_engagements), 0) as engagements_per_post
from engagement_by_topic
group by region, topic
order by region asc, engagements_per_post desc nulls last
