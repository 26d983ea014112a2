with posts as (

    select
        posts.mission_id,
        posts.platform,
        missions.time_zone,
        {{ local_time('posts.posted_at', 'missions.time_zone') }} as posted_at_local,
        -- Young posts have not had their response yet.
        case
            when {{ dbt.datediff(
                'posts.posted_at', 'posts.last_observed_at', 'day'
            ) }} >= {{ var('settled_days') }}
                then posts.engagements
        end as settled_engagements,
        posts.is_synthetic
    from {{ ref('fct_post') }} as posts
    inner join {{ ref('dim_mission') }} as missions
        on posts.mission_id = missions.mission_id
    where posts.kind is distinct from 'repost'

),

hours as (

    select
        mission_id,
        platform,
        time_zone,
        cast({{ iso_weekday('posted_at_local') }} as integer) as iso_weekday,
        cast(extract(hour from posted_at_local) as integer) as hour_of_day,
        cast(count(*) as integer) as posts,
        cast(count(settled_engagements) as integer) as settled_posts,
        cast(median(settled_engagements) as double) as median_engagements,
        bool_or(is_synthetic) as is_synthetic
    from posts
    group by mission_id, platform, time_zone, iso_weekday, hour_of_day

)

select
    mission_id,
    platform,
    time_zone,
    iso_weekday,
    hour_of_day,
    posts,
    settled_posts,
    median_engagements,
    case
        when settled_posts >= {{ var('best_hour_min_posts') }}
            then cast(rank() over (
                partition by mission_id, platform, settled_posts >= {{ var('best_hour_min_posts') }}
                order by median_engagements desc
            ) as integer)
    end as rank_of_hour,
    is_synthetic
from hours
