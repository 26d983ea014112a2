-- Values of training records are personal data: they stay in the landing, where file and line lead to them.
select
    source,
    table_name,
    observed_date,
    source_file,
    source_line,
    record_number,
    field,
    {{ told_in_public('value') }} as value,
    reason,
    observed_at,
    batch_id,
    is_synthetic
from {{ ref('stg_landing__quarantine') }}
