with weeks as (

    select
        outcome,
        unnest(by_week) as event_week,
        is_synthetic
    from {{ ref('int_training_effect') }}

)

select
    weeks.outcome,
    weeks.event_week.weeks_since_training,
    weeks.event_week.estimate as effect,
    weeks.event_week.lower as effect_lower,
    weeks.event_week.upper as effect_upper,
    weeks.event_week.missions,
    weeks.is_synthetic
from weeks
