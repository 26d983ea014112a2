with keyed as (

    select
        periods.*,
        missions.region
    from {{ ref('int_account_periods') }} as periods
    inner join {{ ref('dim_mission') }} as missions
        on periods.mission_id = missions.mission_id

),

{{ engagement_by(['keyed.region']) }}

select * from engagement
