select distinct
    coverage.mission_id,
    accounts.platform,
    coverage.has_trained_focal_person,
    coverage.has_up_to_date_focal_person,
    coverage.is_synthetic
from {{ ref('dim_account') }} as accounts
inner join {{ ref('mission_training_coverage') }} as coverage
    on accounts.mission_id = coverage.mission_id
where accounts.is_registered and accounts.is_current and accounts.valid_to_date is null
