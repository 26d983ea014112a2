select
    posts.posted_at as created_timestamp,
    posts.post_native_id as post_id,
    posts.text as post_message,
    accounts.native_id as page_id,
    coalesce(accounts.display_name, accounts.handle) as page_name,
    posts.url as post_url,
    posts.platform,
    posts.clicks,
    posts.impressions,
    posts.reactions as likes,
    posts.shares,
    posts.comments
from {{ ref('fct_post') }} as posts
inner join {{ ref('dim_account') }} as accounts
    on posts.account_id = accounts.account_id and accounts.is_current
