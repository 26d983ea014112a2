with followers as (

    select
        account_id,
        observed_date as activity_date,
        observed_at,
        followers,
        following,
        posts_total,
        followers - lag(followers) over (partition by account_id order by observed_date) as followers_gained,
        {{ dbt.datediff(
            'lag(observed_date) over (partition by account_id order by observed_date)', 'observed_date', 'day'
        ) }} as follower_span_days,
        source,
        batch_id,
        is_synthetic
    from {{ ref('int_account_observations') }}
    where is_last_of_day

),

posts as (

    select
        account_id,
        posted_date as activity_date,
        count(*) filter (where kind is distinct from 'repost') as posts,
        count(*) filter (where kind = 'repost') as reposts,
        bool_or(is_synthetic) as is_synthetic
    from {{ ref('fct_post') }}
    group by account_id, posted_date

),

gains as (

    select
        account_id,
        observed_date as activity_date,
        cast(sum(engagements_gained) as bigint) as engagements_gained,
        cast(sum(engagements_gained) filter (where is_gain_over_gap) as bigint) as engagements_gained_over_gaps,
        cast(sum(impressions_gained) as bigint) as impressions_gained,
        cast(sum(views_gained) as bigint) as views_gained,
        bool_or(is_synthetic) as is_synthetic
    from {{ ref('fct_post_metrics_daily') }}
    group by account_id, observed_date

),

landed_span as (

    select
        min(observed_date) as first_day,
        max(observed_date) as last_day
    from (
        select observed_date
        from {{ ref('stg_landing__batches') }}
        where source = 'registry'
        union all
        select observed_date
        from {{ ref('int_nights') }}
    ) as nights

),

landed_days as (

    select cast({{ days_between('first_day', 'last_day') }} as date) as activity_date
    from landed_span

),

registered as (

    select
        versions.account_id,
        landed_days.activity_date,
        versions.is_synthetic
    from {{ ref('int_account_versions') }} as versions
    inner join landed_days
        on
            versions.valid_from_date <= landed_days.activity_date
            and (versions.valid_to_date is null or versions.valid_to_date > landed_days.activity_date)
    where versions.is_registered

),

days as (

    select
        account_id,
        activity_date,
        bool_or(is_synthetic) as is_synthetic
    from (
        select
            account_id,
            activity_date,
            is_synthetic
        from registered
        union all
        select
            account_id,
            activity_date,
            is_synthetic
        from followers
        union all
        select
            account_id,
            activity_date,
            is_synthetic
        from posts
        union all
        select
            account_id,
            activity_date,
            is_synthetic
        from gains
        union all
        select
            account_id,
            activity_date,
            is_synthetic
        from {{ ref('int_account_platform_days') }}
    ) as mentioned
    group by account_id, activity_date

)

select
    days.account_id,
    days.activity_date,
    versions.mission_id,
    versions.platform,
    registered.account_id is not null as is_registered,
    followers.account_id is not null as is_observed,
    followers.followers,
    followers.followers_gained,
    followers.follower_span_days,
    followers.following,
    followers.posts_total,
    cast(coalesce(posts.posts, 0) as integer) as posts,
    cast(coalesce(posts.reposts, 0) as integer) as reposts,
    gains.engagements_gained,
    gains.engagements_gained_over_gaps,
    gains.impressions_gained,
    gains.views_gained,
    cast(platform_days.views as bigint) as views_of_pacific_day,
    cast(platform_days.reach as bigint) as reach_of_pacific_day,
    cast(platform_days.followers_gained as bigint) as followers_gained_of_pacific_day,
    cast(platform_days.followers_lost as bigint) as followers_lost_of_pacific_day,
    cast(platform_days.minutes_watched as bigint) as minutes_watched_of_pacific_day,
    followers.source,
    followers.batch_id,
    days.is_synthetic
from days
inner join {{ ref('int_account_versions') }} as versions
    on
        days.account_id = versions.account_id
        and days.activity_date >= versions.attributed_from_date
        and days.activity_date < versions.attributed_to_date
left join registered
    on days.account_id = registered.account_id and days.activity_date = registered.activity_date
left join followers
    on days.account_id = followers.account_id and days.activity_date = followers.activity_date
left join posts
    on days.account_id = posts.account_id and days.activity_date = posts.activity_date
left join gains
    on days.account_id = gains.account_id and days.activity_date = gains.activity_date
left join {{ ref('int_account_platform_days') }} as platform_days
    on days.account_id = platform_days.account_id and days.activity_date = platform_days.activity_date
