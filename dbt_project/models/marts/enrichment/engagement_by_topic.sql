with posts as (

    select
        missions.region,
        cast({{ dbt.date_trunc('month', 'posts.posted_date') }} as date) as month_start_date,
        readings.topic_id,
        posts.engagements,
        posts.is_synthetic
    from {{ ref('fct_post') }} as posts
    inner join {{ ref('fct_post_reading') }} as readings
        on posts.post_id = readings.post_id
    inner join {{ ref('dim_mission') }} as missions
        on posts.mission_id = missions.mission_id
    where posts.kind is distinct from 'repost' and readings.topic_id is not null

),

counted as (

    select
        region,
        month_start_date,
        topic_id,
        cast(count(*) as integer) as posts,
        cast(count(engagements) as integer) as posts_with_engagements,
        cast(sum(engagements) as bigint) as engagements,
        bool_or(is_synthetic) as is_synthetic
    from posts
    group by region, month_start_date, topic_id

)

select
    counted.region,
    counted.month_start_date,
    counted.topic_id,
    coalesce(topics.name, counted.topic_id) as topic,
    counted.posts,
    counted.posts_with_engagements,
    counted.engagements,
    {{ rate('counted.engagements', 'counted.posts_with_engagements') }} as engagements_per_post,
    counted.is_synthetic
from counted
left join {{ ref('dim_topic') }} as topics
    on counted.topic_id = topics.topic_id
