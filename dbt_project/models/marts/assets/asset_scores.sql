with scores as (

    select
        account_id,
        sum(weight) filter (where is_met) as weight_met,
        sum(weight) filter (where is_met is not null) as weight_told,
        count(*) filter (where is_met) as rules_met,
        count(*) filter (where not is_met) as rules_not_met,
        string_agg(rule, ', ' order by rule) filter (where is_met is null) as rules_not_told,
        string_agg(fix, ' ' order by weight desc, rule asc) as what_to_fix
    from {{ ref('asset_standards') }}
    group by account_id

)

select
    assets.account_id,
    assets.as_of_date,
    assets.platform,
    assets.handle,
    assets.mission_id,
    coalesce(scores.weight_met, 0) / scores.weight_told as score,
    scores.rules_met,
    scores.rules_not_met,
    scores.rules_not_told,
    scores.what_to_fix,
    assets.last_posted_date,
    assets.days_silent,
    -- Not known while it was read for too short a time.
    case
        when assets.days_silent is not null then assets.days_silent >= {{ var('dormant_after_days') }}
        when assets.days_silent_at_least >= {{ var('dormant_after_days') }} then true
    end as is_dormant,
    assets.is_synthetic
from {{ ref('int_assets') }} as assets
inner join scores
    on assets.account_id = scores.account_id
