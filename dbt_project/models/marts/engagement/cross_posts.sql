-- The same words or the same link by several accounts. Texts are compared in lower case, without links and with single
-- spaces; those of fewer than 20 characters say too little. Parameters that only track a click are no part of a link.
with posts as (

    select
        post_id,
        account_id,
        mission_id,
        platform,
        posted_at,
        text,
        is_synthetic
    from {{ ref('fct_post') }}
    where kind is distinct from 'repost' and text is not null

),

texts as (

    select
        *,
        'text' as matched_by,
        trim(regexp_replace(lower(regexp_replace(text, 'https?://\S+', '', 'g')), '\s+', ' ', 'g')) as matched_value
    from posts

),

links as (

    select
        *,
        'link' as matched_by,
        rtrim(
            regexp_replace(
                unnest(regexp_extract_all(text, 'https?://[^\s<>"]+')),
                '[?&](utm_[a-z]+|fbclid|gclid)=[^&#]*', '', 'g'
            ),
            '/.,;:!?)'
        ) as matched_value
    from posts

),

matched as (

    select *
    from texts
    where length(matched_value) >= 20

    union

    select *
    from links

),

marked as (

    select
        *,
        coalesce(
            posted_at > lag(posted_at) over (partition by matched_by, matched_value order by posted_at, post_id)
            + interval {{ var('cross_post_days') }} day,
            true
        ) as begins_wave
    from matched

),

waves as (

    select
        *,
        sum(cast(begins_wave as integer)) over (
            partition by matched_by, matched_value order by posted_at, post_id
            rows between unbounded preceding and current row
        ) as wave
    from marked

),

counted as (

    select
        matched_by,
        matched_value,
        wave,
        min_by(post_id, (posted_at, post_id)) as first_post_id,
        min(posted_at) as first_posted_at,
        count(*) as posts_in_wave,
        count(distinct account_id) as accounts_in_wave,
        count(distinct platform) as platforms_in_wave
    from waves
    group by matched_by, matched_value, wave
    having count(distinct account_id) > 1

)

select
    waves.post_id,
    waves.matched_by,
    waves.matched_value,
    waves.account_id,
    waves.mission_id,
    waves.platform,
    waves.posted_at,
    counted.first_post_id,
    cast({{ dbt.datediff(
        'counted.first_posted_at', 'waves.posted_at', 'hour'
    ) }} as integer) as hours_after_first,
    cast(counted.posts_in_wave as integer) as posts_in_wave,
    cast(counted.accounts_in_wave as integer) as accounts_in_wave,
    cast(counted.platforms_in_wave as integer) as platforms_in_wave,
    waves.is_synthetic
from waves
inner join counted
    on
        waves.matched_by = counted.matched_by
        and waves.matched_value = counted.matched_value
        and waves.wave = counted.wave
