-- Without gender: with mission and grade it would tell who many an officer is.
select
    officer_id,
    valid_from_date,
    valid_to_date,
    is_current,
    mission_id,
    grade,
    courses,
    is_synthetic
from {{ ref('int_officer_versions') }}
