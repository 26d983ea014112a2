-- Posts that say what another post says: with the same text, or with a text that the models found alike. Only direct
-- likeness counts: through chains of it, posts would end together that say nothing alike.
with posts as (

    select
        posts.post_id,
        posts.platform,
        posts.account_id,
        posts.mission_id,
        posts.posted_at,
        readings.text_hash,
        readings.language,
        posts.is_synthetic
    from {{ ref('fct_post') }} as posts
    inner join {{ ref('fct_post_reading') }} as readings on posts.post_id = readings.post_id
    -- A text without words says nothing that another could say again; a repost is known as such.
    where readings.language is not null and posts.kind is distinct from 'repost'

),

links as (

    select
        text_hash,
        other_text_hash
    from {{ ref('int_text_pairs') }}

    union all

    select distinct
        text_hash,
        text_hash as other_text_hash
    from posts

),

counted as (

    -- The post itself is among those that say what it says.
    select
        posts.post_id,
        min_by(others.post_id, (others.posted_at, others.post_id)) as first_post_id,
        count(*) as posts,
        count(distinct others.mission_id) as missions,
        count(distinct others.language) as languages
    from posts
    inner join links on posts.text_hash = links.text_hash
    inner join posts as others
        on
            links.other_text_hash = others.text_hash
            and others.posted_at between posts.posted_at - interval {{ var('duplicate_days') }} day
            and posts.posted_at + interval {{ var('duplicate_days') }} day
    group by posts.post_id
    having count(*) > 1

)

select
    posts.post_id,
    counted.first_post_id,
    posts.post_id = counted.first_post_id as is_first,
    posts.platform,
    posts.account_id,
    posts.mission_id,
    posts.posted_at,
    posts.language,
    counted.posts,
    counted.missions,
    counted.languages,
    posts.is_synthetic
from posts
inner join counted on posts.post_id = counted.post_id
