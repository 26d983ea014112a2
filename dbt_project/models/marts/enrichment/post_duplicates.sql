-- Posts that say what another post says: with the same text, or with texts that the models found alike.
with posts as (

    select
        posts.post_id,
        posts.platform,
        posts.account_id,
        posts.mission_id,
        posts.posted_at,
        readings.language,
        coalesce(text_groups.text_group_id, readings.text_hash) as duplicate_group_id,
        posts.is_synthetic
    from {{ ref('fct_post') }} as posts
    inner join {{ ref('fct_post_reading') }} as readings on posts.post_id = readings.post_id
    left join {{ ref('int_text_groups') }} as text_groups on readings.text_hash = text_groups.text_hash
    -- A text without words says nothing that another could say again; a repost is known as such.
    where readings.language is not null and posts.kind is distinct from 'repost'

),

spans as (

    -- A group ends where nothing was posted for so long: next year's greeting is another one.
    select
        *,
        posted_at > lag(posted_at) over (partition by duplicate_group_id order by posted_at, post_id)
        + interval {{ var('duplicate_days') }} day as is_later
    from posts

),

numbered as (

    select
        *,
        count(*) filter (where is_later) over (
            partition by duplicate_group_id
            order by posted_at, post_id
            rows between unbounded preceding and current row
        ) as span_number
    from spans

),

groups as (

    select
        duplicate_group_id,
        span_number,
        min_by(post_id, (posted_at, post_id)) as first_post_id,
        count(*) as posts,
        count(distinct mission_id) as missions,
        count(distinct language) as languages
    from numbered
    group by duplicate_group_id, span_number
    having count(*) > 1

)

select
    numbered.post_id,
    groups.first_post_id,
    numbered.post_id = groups.first_post_id as is_first,
    numbered.platform,
    numbered.account_id,
    numbered.mission_id,
    numbered.posted_at,
    numbered.language,
    groups.posts,
    groups.missions,
    groups.languages,
    numbered.is_synthetic
from numbered
inner join groups
    on numbered.duplicate_group_id = groups.duplicate_group_id and numbered.span_number = groups.span_number
