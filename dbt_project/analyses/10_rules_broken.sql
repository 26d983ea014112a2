-- 10. Which rules of the standard are broken most?
-- One row per rule and platform that tells of it, the most broken first.
-- columns: rule, platform, accounts_told, accounts_breaking, share_breaking
select
    rule,
    platform,
    count(is_met) as accounts_told,
    count(*) filter (where not is_met) as accounts_breaking,
    count(*) filter (where not is_met) / count(is_met) as share_breaking
from asset_standards
group by rule, platform
having count(is_met) > 0
order by share_breaking desc, rule asc, platform asc
