select
    gains.post_id,
    gains.observed_date,
    gains.observed_at,
    gains.account_id,
    versions.mission_id,
    gains.platform,
    {{ dbt.datediff('gains.posted_date', 'gains.observed_date', 'day') }} as age_days,
    gains.reactions,
    gains.comments,
    gains.shares,
    gains.quotes,
    gains.saves,
    gains.engagements,
    gains.impressions,
    gains.reach,
    gains.views,
    gains.clicks,
    gains.reactions_gained,
    gains.comments_gained,
    gains.shares_gained,
    gains.quotes_gained,
    gains.saves_gained,
    gains.engagements_gained,
    gains.impressions_gained,
    gains.reach_gained,
    gains.views_gained,
    gains.clicks_gained,
    gains.gain_span_days,
    gains.is_gain_over_gap,
    gains.is_gain_over_break,
    gains.definitions_from_date,
    gains.source,
    gains.batch_id,
    gains.source_file,
    gains.source_line,
    gains.is_synthetic
from {{ ref('int_post_gains') }} as gains
left join {{ ref('int_account_versions') }} as versions
    on
        gains.account_id = versions.account_id
        and gains.observed_date >= versions.attributed_from_date
        and gains.observed_date < versions.attributed_to_date
