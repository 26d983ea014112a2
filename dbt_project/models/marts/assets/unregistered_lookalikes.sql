-- Handles that stand in no register and look like one that does, met in the landed posts: nothing is asked of a
-- platform for them.
{% set links = {
    'x': '(?:x|twitter)\\.com/@?([a-z0-9_]{1,15})\\b',
    'facebook': 'facebook\\.com/([a-z0-9.]{5,50})',
    'instagram': 'instagram\\.com/([a-z0-9_.]{1,30})',
    'youtube': 'youtube\\.com/@([a-z0-9_.-]{3,30})',
    'bluesky': 'bsky\\.app/profile/([a-z0-9-]+(?:\\.[a-z0-9-]+)+)',
    'linkedin': 'linkedin\\.com/company/([a-z0-9_-]+)',
    'tiktok': 'tiktok\\.com/@([a-z0-9_.]{2,24})',
    'threads': 'threads\\.(?:net|com)/@([a-z0-9_.]{1,30})',
} %}
with posts as (

    -- A word that is cut off at the end is no handle.
    select
        post_id,
        account_id,
        platform,
        posted_date,
        regexp_replace(text, '\S+…', '', 'g') as text,
        is_synthetic
    from {{ ref('fct_post') }}

),

found as (

    select
        platform,
        unnest(
            case platform
                when 'x' then regexp_extract_all(text, '(?:^|[^a-z0-9_@/.])@([a-z0-9_]{1,15})\b', 1, 'i')
                when 'bluesky'
                    then regexp_extract_all(text, '(?:^|[^a-z0-9_@/.])@([a-z0-9-]+(?:\.[a-z0-9-]+)+)', 1, 'i')
                when 'mastodon'
                    then regexp_extract_all(text, '(?:^|[^a-z0-9_@/.])@([a-z0-9_]+(?:@[a-z0-9.-]+[a-z0-9])?)', 1, 'i')
                else regexp_extract_all(text, '(?:^|[^a-z0-9_@/.])@([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)', 1, 'i')
            end
        ) as handle,
        'mention' as evidence,
        post_id,
        posted_date,
        is_synthetic
    from posts

    {% for platform, pattern in links.items() %}
    union all

    select
        '{{ platform }}' as platform,
        unnest(regexp_extract_all(text, '(?:^|[^a-z0-9.-])(?:www\.|m\.)?{{ pattern }}', 1, 'i')) as handle,
        'link' as evidence,
        post_id,
        posted_date,
        is_synthetic
    from posts

    {% endfor %}
    union all

    select
        accounts.platform,
        accounts.handle,
        'own posts' as evidence,
        posts.post_id,
        posts.posted_date,
        posts.is_synthetic
    from posts
    inner join {{ ref('dim_account') }} as accounts
        on posts.account_id = accounts.account_id
    where not accounts.is_registered

),

-- Every handle that an account of the register ever had, as the register or the platform told it.
registered as (

    select
        platform,
        lower(handle) as handle,
        account_id,
        mission_id
    from {{ ref('dim_account') }}
    where is_registered

    union

    select
        profiles.platform,
        lower(profiles.handle) as handle,
        profiles.account_id,
        accounts.mission_id
    from {{ ref('account_profiles') }} as profiles
    inner join {{ ref('dim_account') }} as accounts
        on profiles.account_id = accounts.account_id
    where accounts.is_registered and accounts.is_current

),

candidates as (

    select
        platform,
        lower(rtrim(handle, '.')) as handle,
        {{ seen_name('platform', 'handle') }} as seen_name,
        string_agg(distinct evidence, ', ' order by evidence) as evidence,
        count(distinct post_id) as posts,
        min(posted_date) as first_posted_date,
        max(posted_date) as last_posted_date,
        max_by(post_id, (posted_date, post_id)) as last_post_id,
        bool_or(is_synthetic) as is_synthetic
    from found
    where
        (platform, lower(rtrim(handle, '.'))) not in (select (platform, handle) from registered)
        -- Mastodon shows a mention without its server.
        and not (
            platform = 'mastodon'
            and not contains(handle, '@')
            and lower(handle) in (
                select split_part(handle, '@', 1)
                from registered
                where platform = 'mastodon'
            )
        )
    group by all

),

official as (

    select
        account_id,
        platform,
        handle,
        mission_id,
        {{ seen_name('platform', 'handle') }} as seen_name
    from registered

),

compared as (

    select
        candidates.*,
        official.account_id as resembled_account_id,
        official.handle as resembled_handle,
        official.mission_id,
        damerau_levenshtein(candidates.seen_name, official.seen_name) as edits,
        case
            when candidates.seen_name = official.seen_name then 'same name'
            -- One letter in four may differ, and never more than the variable says.
            when
                damerau_levenshtein(candidates.seen_name, official.seen_name)
                <= least({{ var('lookalike_edits') }}, length(official.seen_name) // 4)
                then 'near name'
            when length(official.seen_name) >= 6 and contains(candidates.seen_name, official.seen_name)
                then 'contains name'
        end as resemblance,
        official.platform = candidates.platform as is_same_platform
    from candidates
    inner join official
        on
            abs(length(candidates.seen_name) - length(official.seen_name)) <= {{ var('lookalike_edits') }}
            or contains(candidates.seen_name, official.seen_name)

)

select
    platform,
    handle,
    resemblance,
    cast(edits as integer) as edits,
    resembled_account_id,
    resembled_handle,
    mission_id,
    evidence,
    posts,
    first_posted_date,
    last_posted_date,
    last_post_id,
    is_synthetic
from compared
where resemblance is not null
qualify row_number() over (
    partition by platform, handle
    order by
        edits asc,
        is_same_platform desc,
        length(resembled_handle) desc,
        resembled_account_id asc,
        resembled_handle asc
) = 1
