-- 17. Which accounts gain followers fastest?
-- One row per account that has two observations in the newest month, the fastest first.
-- columns: account_id, handle, platform, mission_id, month_start_date, followers, followers_gained,
--   follower_growth
select
    account_id,
    handle,
    platform,
    mission_id,
    period_start_date as month_start_date,
    followers,
    followers_gained,
    follower_growth
from engagement_by_account
where
    period_grain = 'month'
    and period_start_date = (
        select max(months.period_start_date)
        from engagement_by_account as months
        where months.period_grain = 'month'
    )
    and follower_growth is not null
order by follower_growth desc, account_id asc
