with days as (

    select
        account_id,
        activity_date,
        cast(date_trunc('month', activity_date) as date) as month_start_date,
        mission_id,
        followers,
        followers_gained,
        posts,
        reposts,
        engagements_gained,
        is_synthetic
    from {{ ref('fct_account_daily') }}

),

account_followers as (

    select
        account_id,
        month_start_date,
        max_by(followers, activity_date) filter (where followers is not null) as followers,
        max_by(mission_id, activity_date) filter (where followers is not null) as mission_id
    from days
    group by account_id, month_start_date

),

mission_followers as (

    select
        mission_id,
        month_start_date,
        cast(sum(followers) as bigint) as followers
    from account_followers
    where followers is not null
    group by mission_id, month_start_date

),

activity as (

    select
        mission_id,
        month_start_date,
        count(distinct account_id) as accounts,
        sum(posts) as posts,
        sum(reposts) as reposts,
        sum(followers_gained) as followers_gained,
        sum(engagements_gained) as engagements_gained,
        bool_or(is_synthetic) as is_synthetic
    from days
    group by mission_id, month_start_date

),

posts as (

    select
        posts.mission_id,
        cast(date_trunc('month', posts.posted_date) as date) as month_start_date,
        posts.deleted_at,
        posts.reactions,
        posts.comments,
        posts.shares,
        posts.quotes,
        posts.saves,
        posts.engagements,
        posts.impressions,
        posts.reach,
        account_followers.followers
    from {{ ref('fct_post') }} as posts
    left join account_followers
        on
            posts.account_id = account_followers.account_id
            and cast(date_trunc('month', posts.posted_date) as date) = account_followers.month_start_date

),

engagement as (

    select
        mission_id,
        month_start_date,
        count(deleted_at) as posts_deleted,
        sum(reactions) as reactions,
        sum(comments) as comments,
        sum(shares) as shares,
        sum(quotes) as quotes,
        sum(saves) as saves,
        sum(engagements) as engagements,
        sum(impressions) as impressions,
        -- A rate's numerator holds just the posts that have its denominator.
        sum(engagements) filter (where followers is not null) as engagements_with_followers,
        sum(followers) filter (where engagements is not null) as followers_of_posts,
        sum(engagements) filter (where impressions is not null) as engagements_with_impressions,
        sum(impressions) filter (where engagements is not null) as impressions_with_engagements,
        sum(engagements) filter (where reach is not null) as engagements_with_reach,
        sum(reach) filter (where engagements is not null) as reach_with_engagements
    from posts
    group by mission_id, month_start_date

)

select
    activity.mission_id,
    activity.month_start_date,
    missions.name as mission_name,
    missions.region,
    cast(activity.accounts as integer) as accounts,
    mission_followers.followers,
    cast(activity.followers_gained as bigint) as followers_gained,
    cast(activity.posts as integer) as posts,
    cast(activity.reposts as integer) as reposts,
    cast(coalesce(engagement.posts_deleted, 0) as integer) as posts_deleted,
    cast(engagement.reactions as bigint) as reactions,
    cast(engagement.comments as bigint) as comments,
    cast(engagement.shares as bigint) as shares,
    cast(engagement.quotes as bigint) as quotes,
    cast(engagement.saves as bigint) as saves,
    cast(engagement.engagements as bigint) as engagements,
    cast(engagement.impressions as bigint) as impressions,
    cast(activity.engagements_gained as bigint) as engagements_gained,
    {{ engagement_rate('engagement.engagements_with_followers', 'engagement.followers_of_posts') }}
        as engagement_rate_by_followers,
    {{ engagement_rate('engagement.engagements_with_reach', 'engagement.reach_with_engagements') }}
        as engagement_rate_by_reach,
    {{ engagement_rate('engagement.engagements_with_impressions', 'engagement.impressions_with_engagements') }}
        as engagement_rate_by_impressions,
    activity.is_synthetic
from activity
left join engagement
    on activity.mission_id = engagement.mission_id and activity.month_start_date = engagement.month_start_date
left join mission_followers
    on
        activity.mission_id = mission_followers.mission_id
        and activity.month_start_date = mission_followers.month_start_date
left join {{ ref('dim_mission') }} as missions
    on activity.mission_id = missions.mission_id
