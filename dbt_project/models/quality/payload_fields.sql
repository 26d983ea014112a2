select
    source,
    table_name,
    field,
    min_by(kind, observed_at) as kind,
    min(observed_date) as first_seen_date,
    not bool_or(is_of_first_batch) as is_new,
    bool_or(is_synthetic) as is_synthetic
from {{ ref('stg_landing__fields') }}
group by source, table_name, field
