-- Every landed observation of an account.
with ranked as (

    select
        *,
        {{ account_id('platform', 'account_native_id', 'handle') }} as account_id,
        row_number() over (
            partition by platform, account_native_id, observed_date
            order by observed_at desc, batch_id desc
        ) as recency_of_day
    from {{ ref('int_platform_accounts') }}

)

select
    account_id,
    observed_date,
    observed_at,
    recency_of_day = 1 as is_last_of_day,
    platform,
    account_native_id,
    handle,
    display_name,
    followers,
    following,
    posts_total,
    profile_text,
    websites,
    is_verified,
    has_picture,
    source,
    batch_id,
    source_file,
    is_synthetic
from ranked
