-- 20. Where are metrics incomplete, and why?
-- One row per day and platform, the least complete first, with the accounts that the platform did not tell of and
-- what the run said of them. Metrics that a platform never reports: docs/metric_dictionary.md.
-- columns: activity_date, platform, accounts_registered, accounts_reported, share_reported, accounts_missing,
--   reasons
select
    completeness.activity_date,
    completeness.platform,
    completeness.accounts_registered,
    completeness.accounts_reported,
    completeness.share_reported,
    completeness.accounts_missing,
    string_agg(distinct warnings.reason, '; ' order by warnings.reason) as reasons
from account_completeness_daily as completeness
left join warnings
    on completeness.platform = warnings.source and completeness.activity_date = warnings.observed_date
group by all
order by completeness.share_reported asc, completeness.activity_date desc, completeness.platform asc
