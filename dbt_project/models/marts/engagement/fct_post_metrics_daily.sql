{{ config(
    materialized='incremental',
    unique_key='post_id',
    post_hook="{{ keep_up_with_observations() }}",
) }}

-- One row per post and day observed: metrics as they stood at the day's end, and what they gained since the
-- observation before, or since posting for the first. A gap stays a gap: its gain is known over the span only. A
-- metric whose meaning changed in between has no gain: the two counts are of different things.
{% if is_incremental() %}
with touched as (

    {{ posts_of_new_builds() }}

    union

    -- Their account was handed to another mission, or the register was corrected for days gone by.
    select metrics.post_id
    from {{ this }} as metrics
    left join {{ ref('int_account_versions') }} as versions
        on
            metrics.account_id = versions.account_id
            and metrics.observed_date >= versions.attributed_from_date
            and metrics.observed_date < versions.attributed_to_date
    where metrics.mission_id is distinct from versions.mission_id

),

{% else %}
with
{% endif %}
days as (

    select
        post_id,
        observed_date,
        observed_at,
        account_id,
        platform,
        kind,
        cast(posted_at as date) as posted_date,
        {% for metric in post_metrics() %}
        {{ metric }},
        {% endfor %}
        engagements,
        source,
        batch_id,
        source_file,
        source_line,
        is_synthetic,
        {% for metric in post_metrics() + ['engagements'] %}
        lag({{ metric }}) over (partition by post_id order by observed_date) as previous_{{ metric }},
        {% endfor %}
        lag(observed_date) over (partition by post_id order by observed_date) as previous_date
    from {{ ref('int_post_observations') }}
    where is_last_of_day {% if is_incremental() %}and post_id in (select post_id from touched){% endif %}

),

breaks as (

    select
        days.post_id,
        days.observed_date,
        {% for metric in post_metrics() %}
        coalesce(bool_or(definitions.metric = '{{ metric }}'), false) as is_{{ metric }}_broken,
        {% endfor %}
        coalesce(
            bool_or(definitions.metric in ('reactions', 'comments', 'shares', 'quotes', 'saves')), false
        ) as is_engagements_broken
    from days
    inner join {{ ref('metric_definitions') }} as definitions
        on
            days.platform = definitions.platform
            and days.previous_date < definitions.effective_from_date
            and days.observed_date >= definitions.effective_from_date
    group by days.post_id, days.observed_date

),

meanings as (

    select
        platform,
        effective_from_date,
        lead(effective_from_date) over (partition by platform order by effective_from_date) as effective_until_date
    from (
        select distinct
            platform,
            effective_from_date
        from {{ ref('metric_definitions') }}
    ) as changes

),

gains as (

    select
        days.*,
        meanings.effective_from_date as definitions_from_date,
        breaks.post_id is not null as is_gain_over_break,
        {% for metric in post_metrics() + ['engagements'] %}
        case
            when days.previous_date is null then days.{{ metric }}
            when not coalesce(breaks.is_{{ metric }}_broken, false) then days.{{ metric }} - days.previous_{{ metric }}
        end as {{ metric }}_gained,
        {% endfor %}
        -- Days inclusive of the posting day, so a post made on the day observed spans one day.
        greatest({{ dbt.datediff(
            'coalesce(days.previous_date, days.posted_date - interval 1 day)', 'days.observed_date', 'day'
        ) }}, 1) as gain_span_days
    from days
    left join breaks
        on days.post_id = breaks.post_id and days.observed_date = breaks.observed_date
    left join meanings
        on
            days.platform = meanings.platform
            and days.observed_date >= meanings.effective_from_date
            and (meanings.effective_until_date is null or days.observed_date < meanings.effective_until_date)

)

select
    gains.post_id,
    gains.observed_date,
    gains.observed_at,
    gains.account_id,
    versions.mission_id,
    gains.platform,
    {{ dbt.datediff(
        'gains.posted_date', 'gains.observed_date', 'day'
    ) }} as age_days,
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
    gains.gain_span_days > 1 as is_gain_over_gap,
    gains.is_gain_over_break,
    gains.definitions_from_date,
    gains.source,
    gains.batch_id,
    gains.source_file,
    gains.source_line,
    gains.is_synthetic
from gains
left join {{ ref('int_account_versions') }} as versions
    on
        gains.account_id = versions.account_id
        and gains.observed_date >= versions.attributed_from_date
        and gains.observed_date < versions.attributed_to_date
