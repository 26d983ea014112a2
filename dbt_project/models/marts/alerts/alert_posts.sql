-- At most so many posts of an account's alert: those that gained most of what the alert is about.
{% set posts_shown = 5 %}

with alerts as (

    select * from {{ ref('alerts') }}

),

gained as (

    select
        alerts.alert_id,
        metrics.post_id,
        sum(case alerts.kind when 'reply_share_high' then metrics.comments_gained else metrics.engagements_gained end)
            as weight
    from alerts
    inner join {{ ref('fct_post_metrics_daily') }} as metrics
        on
            alerts.account_id = metrics.account_id
            and metrics.observed_date between alerts.from_date and alerts.alert_date
    where alerts.kind in ('engagement_high', 'engagement_low', 'reply_share_high')
    group by alerts.alert_id, metrics.post_id

),

around as (

    -- The last post before a silence; before a loss of followers, what was posted in the days up to it.
    select
        alerts.alert_id,
        posts.post_id,
        case alerts.kind when 'silence' then epoch(posts.posted_at) else posts.engagements end as weight
    from alerts
    inner join {{ ref('fct_post') }} as posts
        on
            alerts.account_id = posts.account_id
            and posts.kind is distinct from 'repost'
            and case alerts.kind
                when 'silence' then alerts.from_date > posts.posted_date
                else posts.posted_date between alerts.from_date - interval 2 day and alerts.alert_date
            end
    where alerts.kind in ('silence', 'follower_loss')

),

told as (

    select
        alerts.alert_id,
        coalesce(copies.post_id, alerts.post_id) as post_id,
        -- The post itself first, then those of its wave as they came.
        case when copies.post_id = alerts.post_id then 0 else -epoch(copies.posted_at) end as weight
    from alerts
    left join {{ ref('post_duplicates') }} as copies
        on
            alerts.kind = 'near_identical_wave'
            and alerts.post_id = copies.first_post_id
            and copies.posted_at < alerts.alert_date + interval 1 day
    where alerts.post_id is not null

),

ranked as (

    select
        alert_id,
        post_id,
        row_number() over (partition by alert_id order by weight desc nulls last, post_id asc) as place
    from (
        select * from gained
        union all
        select * from around
        union all
        select * from told
    ) as linked

)

select
    ranked.alert_id,
    ranked.post_id,
    cast(ranked.place as integer) as place,
    posts.url,
    alerts.is_synthetic
from ranked
inner join alerts
    on ranked.alert_id = alerts.alert_id
inner join {{ ref('fct_post') }} as posts
    on ranked.post_id = posts.post_id
where
    ranked.place <= case alerts.kind
        when 'silence' then 1
        when 'near_identical_wave' then ranked.place
        else {{ posts_shown }}
    end
