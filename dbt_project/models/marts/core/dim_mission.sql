with ranked as (

    select
        *,
        row_number() over (partition by mission_id order by observed_date desc, batch_id desc) as recency,
        max(observed_date) over () as newest_register_date
    from {{ ref('stg_registry__missions') }}

),

missions as (

    select
        mission_id,
        name,
        kind,
        city,
        country_code,
        country,
        region,
        time_zone,
        latitude,
        longitude,
        observed_date = newest_register_date as is_in_register,
        is_synthetic
    from ranked
    where recency = 1

),

unassigned as (

    -- Accounts and officers that no register gives a mission are counted here, never left out.
    select
        'unassigned' as mission_id,
        'Not assigned to a mission' as name,
        cast(null as varchar) as kind,
        cast(null as varchar) as city,
        cast(null as varchar) as country_code,
        cast(null as varchar) as country,
        'Not assigned' as region,
        'UTC' as time_zone,
        cast(null as double) as latitude,
        cast(null as double) as longitude,
        false as is_in_register,
        false as is_synthetic

)

select * from missions
union all
select * from unassigned
