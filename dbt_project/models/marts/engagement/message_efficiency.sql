with nights as (

    select max(observed_date) as last_date
    from {{ ref('fct_post_metrics_daily') }}

),

observations as (

    select
        observations.post_id,
        posts.mission_id,
        posts.platform,
        coalesce(observations.reactions, observations.shares) is not null as is_told,
        coalesce(observations.reactions, 0) + coalesce(observations.shares, 0) as likes_and_shares,
        observations.observed_date as from_date,
        -- It stands until the next one, for 30 days after posting, and no longer than the post itself or what is known.
        least(
            coalesce(
                lead(observations.observed_date) over (
                    partition by observations.post_id order by observations.observed_date
                ) - interval 1 day,
                nights.last_date
            ),
            posts.posted_date + interval 29 day,
            coalesce(cast(posts.deleted_at as date) - interval 1 day, nights.last_date),
            nights.last_date
        ) as to_date,
        observations.is_synthetic
    from {{ ref('fct_post_metrics_daily') }} as observations
    inner join {{ ref('fct_post') }} as posts
        on observations.post_id = posts.post_id
    cross join nights
    where posts.kind is distinct from 'repost'

),

days as (

    select
        mission_id,
        platform,
        cast({{ days_between('from_date', 'to_date') }} as date) as activity_date,
        likes_and_shares,
        is_synthetic
    from observations
    where is_told and to_date >= from_date

)

select
    mission_id,
    platform,
    activity_date,
    cast(count(*) as integer) as posts,
    cast(sum(likes_and_shares) as bigint) as likes_and_shares,
    cast(avg(likes_and_shares) as double) as message_efficiency,
    bool_or(is_synthetic) as is_synthetic
from days
group by mission_id, platform, activity_date
