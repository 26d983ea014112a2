-- In each period accounts, missions, regions and platforms have the same totals; days, weeks and months as well.
with totals as (

    {% for report in ['account', 'mission', 'region', 'platform'] %}
    select
        '{{ report }}' as report,
        period_grain,
        sum(posts) as posts,
        sum(reposts) as reposts,
        sum(engagements) as engagements,
        sum(engagements_gained) as engagements_gained,
        sum(followers_gained) as followers_gained
    from {{ ref('engagement_by_' ~ report) }}
    group by period_grain

    union all
    {% endfor %}

    select
        'days' as report,
        'day' as period_grain,
        sum(posts) as posts,
        sum(reposts) as reposts,
        (select sum(engagements) from {{ ref('fct_post') }}) as engagements,
        sum(engagements_gained) as engagements_gained,
        sum(followers_gained) as followers_gained
    from {{ ref('fct_account_daily') }}
    having count(*) > 0

)

select
    posts,
    reposts,
    engagements,
    engagements_gained,
    followers_gained
from totals
qualify
    count(*) over () <> count(*) over (
        partition by posts, reposts, engagements, engagements_gained, followers_gained
    )
