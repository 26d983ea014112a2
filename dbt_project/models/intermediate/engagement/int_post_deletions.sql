-- Posts that a timeline read to its end no longer held, and when that was first seen. A post that came back later
-- was not deleted, nor is one whose record that reading put into quarantine.
with posts as (

    select
        post_id,
        post_native_id,
        account_native_id,
        max(posted_at) as posted_at,
        max(observed_at) as last_observed_at
    from {{ ref('int_post_observations') }}
    where platform = 'x' and account_native_id is not null
    group by post_id, post_native_id, account_native_id

),

quarantined as (

    select distinct
        batch_id,
        json_extract_string(raw, '$.id') as post_native_id
    from {{ ref('stg_landing__quarantine') }}
    where source = 'x' and table_name = 'posts'

),

missed as (

    select
        posts.post_id,
        timelines.observed_at
    from posts
    inner join {{ ref('stg_x__timelines') }} as timelines
        on
            posts.account_native_id = timelines.account_native_id
            and posts.posted_at >= timelines.window_start_at
            and posts.posted_at < timelines.window_end_at
            and posts.last_observed_at < timelines.observed_at
    left join quarantined
        on posts.post_native_id = quarantined.post_native_id and timelines.batch_id = quarantined.batch_id
    where quarantined.post_native_id is null

)

select
    post_id,
    min(observed_at) as deleted_at
from missed
group by post_id
