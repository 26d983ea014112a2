-- What a metric meant when: from the first day ever for those that never changed their meaning.
with platforms as (

    {% for platform in var('platforms') %}
    select '{{ platform }}' as platform
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

metrics as (

    {% for metric in post_metrics() + ['followers'] %}
    select '{{ metric }}' as metric
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

first_meanings as (

    select
        platforms.platform,
        metrics.metric,
        cast('0001-01-01' as date) as effective_from_date,
        cast(null as varchar) as definition,
        cast(null as varchar) as source
    from platforms
    cross join metrics

),

meanings as (

    select * from first_meanings

    union all

    select
        platform,
        metric,
        effective_from_date,
        definition,
        source
    from {{ ref('metric_definitions') }}

)

select
    platform,
    metric,
    cast(row_number() over (partition by platform, metric order by effective_from_date) as integer) as version,
    effective_from_date,
    lead(effective_from_date) over (partition by platform, metric order by effective_from_date) as effective_until_date,
    definition,
    source
from meanings
