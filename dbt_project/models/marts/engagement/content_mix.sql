with mixed as (

    select
        account_id,
        mission_id,
        platform,
        cast(date_trunc('month', posted_date) as date) as month_start_date,
        kind,
        language,
        coalesce(text like '%http://%' or text like '%https://%', false) as has_link,
        cast(count(*) as integer) as posts,
        cast(sum(engagements) as bigint) as engagements,
        cast(avg(engagements) as double) as engagements_per_post,
        bool_or(is_synthetic) as is_synthetic
    from {{ ref('fct_post') }}
    group by account_id, mission_id, platform, date_trunc('month', posted_date), kind, language, has_link

)

select
    account_id,
    mission_id,
    platform,
    month_start_date,
    kind,
    language,
    has_link,
    posts,
    {{ rate('posts', 'sum(posts) over (partition by account_id, mission_id, month_start_date)') }} as share_of_posts,
    engagements,
    engagements_per_post,
    is_synthetic
from mixed
