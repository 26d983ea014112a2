-- One row per account and span of days with the same entry in the register; accounts that were seen but never
-- registered have one version without a mission.
with missions as (

    select distinct mission_id
    from {{ ref('stg_registry__missions') }}

),

snapshots as (

    select
        {{ account_id('accounts.platform', 'coalesce(accounts.native_id, handles.native_id)', 'accounts.handle') }}
            as account_id,
        accounts.observed_date,
        accounts.platform,
        coalesce(accounts.native_id, handles.native_id) as native_id,
        accounts.handle,
        accounts.display_name,
        coalesce(missions.mission_id, 'unassigned') as mission_id,
        accounts.registered_from_date,
        accounts.registered_until_date,
        accounts.is_synthetic,
        row_number() over (
            partition by
                accounts.observed_date,
                accounts.platform,
                coalesce(accounts.native_id, handles.native_id, lower(accounts.handle))
            order by accounts.registered_from_date desc, accounts.handle asc
        ) as place
    from {{ ref('stg_registry__accounts') }} as accounts
    left join {{ ref('int_account_handles') }} as handles
        on accounts.platform = handles.platform and lower(accounts.handle) = handles.handle
    left join missions
        on accounts.mission_id = missions.mission_id

),

register_days as (

    select
        observed_date,
        row_number() over (order by observed_date) as day_number,
        lead(observed_date) over (order by observed_date) as next_observed_date
    from (select distinct observed_date from {{ ref('stg_registry__accounts') }}) as days

),

compared as (

    select
        snapshots.*,
        register_days.day_number,
        register_days.next_observed_date,
        md5(concat_ws(
            '|',
            snapshots.handle,
            snapshots.mission_id,
            coalesce(snapshots.display_name, ''),
            snapshots.registered_from_date,
            coalesce(cast(snapshots.registered_until_date as varchar), '')
        )) as entry
    from snapshots
    inner join register_days
        on snapshots.observed_date = register_days.observed_date
    where snapshots.place = 1

),

marked as (

    select
        *,
        case
            when
                entry = lag(entry) over (partition by account_id order by day_number)
                and day_number = lag(day_number) over (partition by account_id order by day_number) + 1
                then 0
            else 1
        end as is_new_version
    from compared

),

numbered as (

    select
        *,
        sum(is_new_version) over (
            partition by account_id order by day_number rows between unbounded preceding and current row
        ) as version_number
    from marked

),

spans as (

    select
        account_id,
        version_number,
        platform,
        native_id,
        handle,
        display_name,
        mission_id,
        registered_from_date,
        registered_until_date,
        is_synthetic,
        min(observed_date) as first_snapshot_date,
        max(next_observed_date) filter (where day_number = last_day_number) as removed_date
    from (
        select
            *,
            max(day_number) over (partition by account_id, version_number) as last_day_number
        from numbered
    ) as with_last_day
    group by
        account_id, version_number, platform, native_id, handle, display_name, mission_id, registered_from_date,
        registered_until_date, is_synthetic

),

registered as (

    select
        account_id,
        version_number,
        platform,
        native_id,
        handle,
        display_name,
        mission_id,
        true as is_registered,
        case version_number
            when 1 then registered_from_date
            else greatest(registered_from_date, first_snapshot_date)
        end as valid_from_date,
        least(removed_date, registered_until_date + interval 1 day) as valid_to_date,
        is_synthetic
    from spans

),

seen as (

    select
        account_id,
        platform,
        account_native_id as native_id,
        handle,
        cast(null as varchar) as display_name,
        cast(posted_at as date) as seen_date,
        observed_at,
        is_synthetic
    from {{ ref('int_post_observations') }}

    union all

    select
        account_id,
        platform,
        account_native_id as native_id,
        handle,
        display_name,
        observed_date as seen_date,
        observed_at,
        is_synthetic
    from {{ ref('int_account_observations') }}

),

unregistered as (

    select
        account_id,
        1 as version_number,
        platform,
        max(native_id) as native_id,
        max(handle) as handle,
        max(display_name) as display_name,
        'unassigned' as mission_id,
        false as is_registered,
        min(seen_date) as valid_from_date,
        cast(null as date) as valid_to_date,
        bool_or(is_synthetic) as is_synthetic
    from seen
    where account_id not in (select account_id from registered)
    group by account_id, platform

),

versions as (

    select * from registered
    union all
    select * from unregistered

)

select
    account_id,
    version_number,
    platform,
    native_id,
    handle,
    display_name,
    mission_id,
    is_registered,
    cast(valid_from_date as date) as valid_from_date,
    cast(valid_to_date as date) as valid_to_date,
    -- What an account did before it was registered, or between two versions, counts for the nearest earlier holder.
    case version_number when 1 then cast('0001-01-01' as date) else cast(valid_from_date as date) end
        as attributed_from_date,
    coalesce(
        cast(lead(valid_from_date) over (partition by account_id order by version_number) as date),
        cast('9999-12-31' as date)
    ) as attributed_to_date,
    lead(version_number) over (partition by account_id order by version_number) is null as is_current,
    is_synthetic
from versions
