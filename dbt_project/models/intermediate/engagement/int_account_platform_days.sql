-- The daily series that YouTube and Meta keep of an account themselves: one row per account and day in Pacific Time,
-- as last told. They count all posts of the account, old ones too, and no other platform keeps one.
with facebook as (

    select
        'facebook' as platform,
        account_native_id,
        -- A day ends at midnight in California, which is 7 or 8 hours later in UTC.
        cast(ended_at - interval 12 hour as date) as activity_date,
        metric,
        value,
        row_number() over (
            partition by account_native_id, metric, ended_at
            order by observed_at desc, batch_id desc
        ) as recency,
        is_synthetic
    from {{ ref('stg_facebook__page_insights') }}

),

youtube as (

    select
        'youtube' as platform,
        account_native_id,
        activity_date,
        views,
        followers_gained,
        followers_lost,
        minutes_watched,
        row_number() over (
            partition by account_native_id, activity_date
            order by observed_at desc, batch_id desc
        ) as recency,
        is_synthetic
    from {{ ref('stg_youtube__channel_daily') }}

),

told as (

    select
        platform,
        account_native_id,
        activity_date,
        max(value) filter (where metric = 'page_media_view') as views,
        max(value) filter (where metric = 'page_total_media_view_unique') as reach,
        max(value) filter (where metric = 'page_daily_follows') as followers_gained,
        cast(null as bigint) as followers_lost,
        cast(null as bigint) as minutes_watched,
        bool_or(is_synthetic) as is_synthetic
    from facebook
    where recency = 1
    group by platform, account_native_id, activity_date

    union all

    select
        platform,
        account_native_id,
        activity_date,
        views,
        cast(null as bigint) as reach,
        followers_gained,
        followers_lost,
        minutes_watched,
        is_synthetic
    from youtube
    where recency = 1

)

select
    {{ account_id('platform', 'account_native_id', 'null') }} as account_id,
    activity_date,
    views,
    reach,
    followers_gained,
    followers_lost,
    minutes_watched,
    is_synthetic
from told
