-- Every landed observation of a post, all platforms in the same columns. The one place where they meet.
with x as (

    -- X shows a repost with the count of its original's reposts; what belongs to the original is not counted twice.
    select
        'x' as platform,
        post_native_id,
        account_native_id,
        cast(null as varchar) as handle,
        posted_at,
        text,
        url,
        language,
        kind,
        case when kind != 'repost' then reactions end as reactions,
        case when kind != 'repost' then comments end as comments,
        case when kind != 'repost' then shares end as shares,
        case when kind != 'repost' then quotes end as quotes,
        case when kind != 'repost' then saves end as saves,
        case when kind != 'repost' then impressions end as impressions,
        cast(null as bigint) as reach,
        cast(null as bigint) as views,
        cast(null as bigint) as clicks,
        'x' as source,
        observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from {{ ref('stg_x__posts') }}

),

platform_exports as (

    select
        platform,
        post_native_id,
        account_native_id,
        handle,
        posted_at,
        text,
        url,
        language,
        kind,
        reactions,
        comments,
        shares,
        quotes,
        saves,
        impressions,
        reach,
        views,
        clicks,
        'platform_exports' as source,
        observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from {{ ref('stg_platform_exports__posts') }}

),

observations as (

    select * from x
    union all
    select * from platform_exports

),

identified as (

    select
        observations.*,
        observations.platform || ':' || observations.post_native_id as post_id,
        {{ account_id('observations.platform', 'coalesce(observations.account_native_id, handles.native_id)', 'observations.handle') }}
            as account_id,
        {{ engagements() }} as engagements
    from observations
    left join {{ ref('int_account_handles') }} as handles
        on observations.platform = handles.platform and lower(observations.handle) = handles.handle

),

ranked as (

    -- Places are those of time, not of arrival; the same landed rows in any order give the same marts.
    select
        *,
        row_number() over (
            partition by post_id
            order by observed_at, batch_id, source_line, source_file
        ) as observation_number,
        row_number() over (
            partition by post_id, observed_date
            order by observed_at desc, batch_id desc, source_line desc, source_file desc
        ) as recency_of_day
    from identified

)

select
    post_id,
    observed_date,
    observed_at,
    observation_number,
    recency_of_day = 1 as is_last_of_day,
    platform,
    post_native_id,
    account_id,
    account_native_id,
    handle,
    posted_at,
    text,
    url,
    language,
    kind,
    reactions,
    comments,
    shares,
    quotes,
    saves,
    engagements,
    impressions,
    reach,
    views,
    clicks,
    source,
    batch_id,
    source_file,
    source_line,
    is_synthetic
from ranked
