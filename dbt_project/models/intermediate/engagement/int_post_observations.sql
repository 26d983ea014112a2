-- Every landed observation of a post, with its account, its engagements and its place in time.
with identified as (

    select
        observations.*,
        observations.platform || ':' || observations.post_native_id as post_id,
        {{ account_id('observations.platform', 'coalesce(observations.account_native_id, handles.native_id)', 'observations.handle') }}
            as account_id,
        {{ engagements() }} as engagements
    from {{ ref('int_platform_posts') }} as observations
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
