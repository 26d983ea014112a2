-- Posts seen from their first days until they had settled: at five ages at least, the first at most one day old, the
-- last at 14 days or older.
with observations as (

    {% for metric in post_metrics() + ['engagements'] %}
    select
        post_id,
        platform,
        '{{ metric }}' as metric,
        age_days,
        {{ metric }} as reported,
        is_synthetic
    from {{ ref('fct_post_metrics_daily') }}
    where {{ metric }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

finals as (

    select
        post_id,
        metric,
        max_by(reported, age_days) as final
    from observations
    group by post_id, metric
    having count(*) >= 5 and min(age_days) <= 1 and max(age_days) >= 14 and max_by(reported, age_days) > 0

),

ages as (

    select
        observations.platform,
        observations.metric,
        observations.age_days,
        count(*) as posts,
        median(cast(observations.reported as double) / finals.final) as median_share_of_final,
        bool_or(observations.is_synthetic) as is_synthetic
    from observations
    inner join finals
        on observations.post_id = finals.post_id and observations.metric = finals.metric
    group by observations.platform, observations.metric, observations.age_days

)

select
    platform,
    metric,
    cast(age_days as integer) as age_days,
    cast(posts as integer) as posts,
    cast(median_share_of_final as double) as median_share_of_final,
    cast(
        min(case when median_share_of_final >= 0.5 then age_days end) over (partition by platform, metric) as integer
    ) as half_life_days,
    is_synthetic
from ages
