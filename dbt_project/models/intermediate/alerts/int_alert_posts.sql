select
    observations.post_id,
    observations.account_id,
    coalesce(posts.kind = 'reply', false) as is_reply,
    posts.posted_date,
    observations.observed_date as day,
    cast(observations.age_days as bigint) as age_days,
    observations.engagements
from {{ ref('fct_post_metrics_daily') }} as observations
inner join {{ ref('fct_post') }} as posts
    on observations.post_id = posts.post_id
where
    -- Afterwards little comes, and what comes is no news.
    observations.age_days between 0 and 3
    and observations.engagements is not null
