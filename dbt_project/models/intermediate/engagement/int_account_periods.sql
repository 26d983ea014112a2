-- What the reports add up: one row per account, mission that held it, and day, ISO week or month. Every measure can
-- be summed over accounts and over periods of one grain; what stands at a period's end stands at one mission only.
with account_days as (

    select
        *,
        -- A post's followers: those last told on or before its day, else those first told after it, within 30 days.
        coalesce(
            last_value(followers ignore nulls) over (
                partition by account_id order by activity_date
                range between interval 30 days preceding and current row
            ),
            first_value(followers ignore nulls) over (
                partition by account_id order by activity_date
                range between current row and interval 30 days following
            )
        ) as followers_nearby
    from {{ ref('fct_account_daily') }}

),

posts as (

    select
        posts.account_id,
        posts.posted_date,
        count(posts.deleted_at) as posts_deleted,
        {% for metric in post_metrics() + ['engagements'] %}
        sum(posts.{{ metric }}) as {{ metric }},
        {% endfor %}
        -- A rate's numerator holds just the posts that have its denominator.
        sum(posts.engagements) filter (where account_days.followers_nearby is not null) as engagements_with_followers,
        sum(account_days.followers_nearby) filter (where posts.engagements is not null) as followers_of_posts,
        sum(posts.engagements) filter (where posts.reach is not null) as engagements_with_reach,
        sum(posts.reach) filter (where posts.engagements is not null) as reach_of_posts,
        sum(posts.engagements) filter (where posts.impressions is not null) as engagements_with_impressions,
        sum(posts.impressions) filter (where posts.engagements is not null) as impressions_of_posts
    from {{ ref('fct_post') }} as posts
    inner join account_days
        on posts.account_id = account_days.account_id and posts.posted_date = account_days.activity_date
    group by posts.account_id, posts.posted_date

),

dated as (

    {% for grain in period_grains() %}
    select
        '{{ grain }}' as period_grain,
        cast(date_trunc('{{ grain }}', activity_date) as date) as period_start_date,
        *
    from account_days
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

marked as (

    select
        *,
        activity_date = max(activity_date) over (partition by account_id, period_grain, period_start_date)
            as is_last_day,
        activity_date = max(case when followers is not null then activity_date end)
            over (partition by account_id, period_grain, period_start_date) as is_last_told
    from dated

)

select
    marked.account_id,
    marked.mission_id,
    marked.platform,
    marked.period_grain,
    marked.period_start_date,
    count(*) filter (where marked.is_last_day) as accounts,
    count(*) filter (where marked.is_registered) as account_days_registered,
    count(*) filter (where marked.is_registered and marked.is_observed) as account_days_reported,
    sum(marked.followers) filter (where marked.is_last_told) as followers,
    sum(marked.followers_gained) as followers_gained,
    min_by(
        marked.followers - marked.followers_gained, marked.activity_date
    ) filter (where marked.followers_gained is not null) as followers_before,
    sum(marked.posts) as posts,
    sum(marked.reposts) as reposts,
    sum(coalesce(posts.posts_deleted, 0)) as posts_deleted,
    {% for measure in post_metrics() + ['engagements'] + rate_parts() %}
    sum(posts.{{ measure }}) as {{ measure }},
    {% endfor %}
    sum(marked.engagements_gained) as engagements_gained,
    sum(marked.engagements_gained_over_gaps) as engagements_gained_over_gaps,
    sum(marked.impressions_gained) as impressions_gained,
    sum(marked.views_gained) as views_gained,
    bool_or(marked.is_synthetic) as is_synthetic
from marked
left join posts
    on marked.account_id = posts.account_id and marked.activity_date = posts.posted_date
group by
    marked.account_id, marked.mission_id, marked.platform, marked.period_grain, marked.period_start_date
