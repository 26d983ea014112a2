select
    account_id,
    valid_from_date,
    valid_to_date,
    is_current,
    platform,
    native_id,
    handle,
    display_name,
    mission_id,
    is_registered,
    is_synthetic
from {{ ref('int_account_versions') }}
