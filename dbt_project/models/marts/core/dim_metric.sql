-- What every metric of the marts is, by the seed.
select
    metric,
    marts,
    unit,
    formula,
    null_rule,
    source
from {{ ref('metrics') }}
