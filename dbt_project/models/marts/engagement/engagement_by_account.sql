with keyed as (

    select
        periods.*,
        missions.region,
        accounts.handle
    from {{ ref('int_account_periods') }} as periods
    inner join {{ ref('dim_mission') }} as missions
        on periods.mission_id = missions.mission_id
    inner join {{ ref('dim_account') }} as accounts
        on periods.account_id = accounts.account_id and accounts.is_current

),

{{ engagement_by(['keyed.account_id', 'keyed.handle', 'keyed.platform', 'keyed.mission_id', 'keyed.region']) }}

select * from engagement
