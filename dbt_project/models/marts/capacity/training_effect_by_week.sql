with weeks as (

    select
        outcome,
        unnest(by_week) as event_week,
        is_synthetic
    from {{ ref('int_training_effect') }}

)

select
    outcome,
    event_week.weeks_since_training,
    event_week.estimate as effect,
    event_week.lower as effect_lower,
    event_week.upper as effect_upper,
    event_week.missions,
    is_synthetic
from weeks
