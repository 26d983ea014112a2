with gains as (

    -- What came within the day alone; a gain over a gap is of several days.
    select
        account_id,
        observed_date,
        sum(engagements_gained) filter (where not is_gain_over_gap) as gained,
        sum(comments_gained) filter (where not is_gain_over_gap) as replies_gained
    from {{ ref('fct_post_metrics_daily') }}
    group by account_id, observed_date

),

days as (

    select
        *,
        coalesce(
            is_observed and lag(is_observed) over account_days
            and {{ dbt.datediff(
                'lag(activity_date) over account_days', 'activity_date', 'day'
            ) }} = 1,
            false
        ) as is_of_one_day
    from {{ ref('fct_account_daily') }}
    window account_days as (partition by account_id order by activity_date)

)

select
    days.account_id,
    days.platform,
    missions.region,
    days.activity_date as day,
    days.is_observed as is_told,
    cast(days.posts as bigint) as posts,
    -- On some days of old posts more is taken back than given: then nothing was gained.
    cast(case
        when days.is_of_one_day and gains.gained < 0 then 0
        when days.is_of_one_day then gains.gained
    end as bigint) as gained,
    cast(case
        when days.is_of_one_day and (gains.replies_gained < 0 or gains.gained < 0) then 0
        when days.is_of_one_day and gains.replies_gained > gains.gained then gains.gained
        when days.is_of_one_day then gains.replies_gained
    end as bigint) as replies_gained,
    days.followers
from days
inner join {{ ref('dim_mission') }} as missions
    on days.mission_id = missions.mission_id
left join gains
    on days.account_id = gains.account_id and days.activity_date = gains.observed_date
