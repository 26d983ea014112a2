-- 18. How do regions compare, month by month, by followers, reach and impressions?
-- One row per month and region, the newest month first. A rate is NULL where no platform of the region gives its
-- denominator.
-- columns: month_start_date, region, accounts, posts, engagements, engagement_rate_by_followers,
--   engagement_rate_by_reach, engagement_rate_by_impressions, is_complete
select
    period_start_date as month_start_date,
    region,
    accounts,
    posts,
    engagements,
    engagement_rate_by_followers,
    engagement_rate_by_reach,
    engagement_rate_by_impressions,
    is_complete
from engagement_by_region
where period_grain = 'month'
order by month_start_date desc, region asc
