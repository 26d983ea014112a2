-- Whole years around everything that has a day.
with mentioned as (

    select cast(posted_at as date) as day from {{ ref('int_post_observations') }}
    union all
    select observed_date as day from {{ ref('int_post_observations') }}
    union all
    select observed_date as day from {{ ref('int_account_observations') }}
    union all
    select activity_date as day from {{ ref('int_account_platform_days') }}
    union all
    select observed_date as day from {{ ref('stg_landing__batches') }}
    union all
    select submitted_date as day from {{ ref('int_assessment_results') }}
    union all
    select start_date as day from {{ ref('stg_sheets__courses') }}
    union all
    select cast(starts_at as date) as day from {{ ref('int_sessions') }}

),

bounds as (

    select
        date_trunc('year', min(day)) as first_day,
        date_trunc('year', max(day)) + interval 1 year - interval 1 day as last_day
    from mentioned

),

days as (

    select cast({{ days_between('first_day', 'last_day') }} as date) as calendar_date
    from bounds

)

select
    calendar_date,
    cast(extract(year from calendar_date) as integer) as calendar_year,
    cast(extract(quarter from calendar_date) as integer) as quarter_of_year,
    cast(extract(month from calendar_date) as integer) as month_of_year,
    cast(date_trunc('month', calendar_date) as date) as month_start_date,
    cast(date_trunc('week', calendar_date) as date) as week_start_date,
    cast(extract(week from calendar_date) as integer) as iso_week,
    cast({{ iso_weekday('calendar_date') }} as integer) as iso_weekday
from days
