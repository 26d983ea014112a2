-- Which native id a handle belongs to: as the ministry registered it, or as the platform last told it.
with told as (

    select
        platform,
        lower(handle) as handle,
        native_id,
        observed_at
    from {{ ref('stg_registry__accounts') }}
    where native_id is not null

    union all

    select
        platform,
        lower(handle) as handle,
        account_native_id as native_id,
        observed_at
    from {{ ref('int_platform_accounts') }}

    union all

    select
        platform,
        lower(handle) as handle,
        account_native_id as native_id,
        observed_at
    from {{ ref('stg_platform_exports__posts') }}
    where account_native_id is not null

),

ranked as (

    select
        platform,
        handle,
        native_id,
        row_number() over (partition by platform, handle order by observed_at desc, native_id desc) as recency
    from told

)

select
    platform,
    handle,
    native_id
from ranked
where recency = 1
