-- Posts that a timeline read to its end no longer held, or that X did not find by their id, and when that was first
-- seen. A post that came back later
-- was not deleted, nor is one whose record that reading put into quarantine.
with posts as (

    select
        post_id,
        platform,
        post_native_id,
        account_native_id,
        max(posted_at) as posted_at,
        max(observed_at) as last_observed_at
    from {{ ref('int_post_observations') }}
    where account_native_id is not null
    group by post_id, platform, post_native_id, account_native_id

),

quarantined as (

    select
        source,
        batch_id,
        raw
    from {{ ref('stg_landing__quarantine') }}
    where table_name = 'posts'

),

not_found as (

    select
        posts.post_id,
        missing.observed_at
    from posts
    inner join {{ ref('stg_x__missing_posts') }} as missing
        on posts.platform = 'x' and posts.post_native_id = missing.post_native_id
    where missing.is_deleted and posts.last_observed_at < missing.observed_at

),

missed as (

    select
        posts.post_id,
        timelines.observed_at
    from posts
    inner join {{ ref('int_platform_timelines') }} as timelines
        on
            posts.platform = timelines.platform
            and posts.account_native_id = timelines.account_native_id
            and posts.posted_at >= timelines.window_start_at
            and posts.posted_at < timelines.window_end_at
            and posts.last_observed_at < timelines.observed_at
    left join quarantined
        on
            timelines.platform = quarantined.source
            and timelines.batch_id = quarantined.batch_id
            -- Each platform keeps the id in a place of its own, so the broken record need only mention it.
            and position(posts.post_native_id in quarantined.raw) > 0
    where quarantined.raw is null

    union all

    select
        post_id,
        observed_at
    from not_found

)

select
    post_id,
    min(observed_at) as deleted_at
from missed
group by post_id
