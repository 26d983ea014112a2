-- The ages at which posts are compared, each with the latest age whose observation may stand for it. 27 is the oldest
-- that a night reads again; from there on counts have settled, so any later observation stands for it.
{% set ages = [(1, 1), (2, 2), (3, 3), (7, 8), (14, 16), (27, none)] %}

with ages as (

    {% for age, latest in ages %}
    select
        {{ age }} as age_days,
        {{ latest if latest is not none else 'cast(null as integer)' }} as latest_age_days
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

observed as (

    select
        observations.post_id,
        ages.age_days,
        observations.age_days as observed_age_days,
        observations.observed_at,
        observations.engagements,
        row_number() over (partition by observations.post_id, ages.age_days order by observations.observed_date)
            as place
    from {{ ref('fct_post_metrics_daily') }} as observations
    inner join ages
        on
            observations.age_days >= ages.age_days
            and (ages.latest_age_days is null or observations.age_days <= ages.latest_age_days)
    where observations.engagements is not null

),

posts as (

    select
        observed.post_id,
        observed.age_days,
        observed.observed_age_days,
        observed.observed_at,
        observed.engagements,
        posts.account_id,
        posts.mission_id,
        posts.platform,
        posts.kind,
        posts.posted_at,
        posts.posted_date,
        posts.url,
        posts.is_synthetic
    from observed
    inner join {{ ref('fct_post') }} as posts
        on observed.post_id = posts.post_id
    where observed.place = 1

),

with_earlier as (

    select
        *,
        list(engagements) over earlier as earlier_engagements,
        min(posted_date) over earlier as baseline_from_date,
        age_days = max(age_days) over (partition by post_id) as is_oldest_age
    from posts
    window earlier as (
        partition by account_id, kind, age_days
        order by posted_at, post_id
        rows between 100 preceding and 1 preceding
    )

),

expected as (

    select
        *,
        coalesce(len(earlier_engagements), 0) as baseline_posts,
        case
            when len(earlier_engagements) >= {{ var('baseline_min_posts') }}
                then {{ mean_of_middle_half('earlier_engagements') }}
        end as expected_engagements
    from with_earlier

)

select
    post_id,
    cast(age_days as integer) as age_days,
    is_oldest_age,
    cast(observed_age_days as integer) as observed_age_days,
    observed_at,
    account_id,
    mission_id,
    platform,
    kind,
    posted_at,
    posted_date,
    url,
    engagements,
    cast(expected_engagements as double) as expected_engagements,
    cast(baseline_posts as integer) as baseline_posts,
    baseline_from_date,
    cast({{ overperformance('engagements', 'expected_engagements') }} as double) as overperformance,
    is_synthetic
from expected
