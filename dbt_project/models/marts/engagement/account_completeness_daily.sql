select
    activity_date,
    platform,
    cast(count(*) as integer) as accounts_registered,
    cast(count(*) filter (where is_observed) as integer) as accounts_reported,
    {{ rate('count(*) filter (where is_observed)', 'count(*)') }} as share_reported,
    {{ dbt.listagg('case when not is_observed then account_id end', "', '", 'order by account_id') }}
        as accounts_missing,
    bool_or(is_synthetic) as is_synthetic
from {{ ref('fct_account_daily') }}
where is_registered
group by activity_date, platform
