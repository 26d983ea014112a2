with account_weeks as (

    select
        account_id,
        cast(date_trunc('week', activity_date) as date) as week_start_date,
        max_by(followers, activity_date) filter (where followers is not null) as followers
    from {{ ref('fct_account_daily') }}
    group by account_id, week_start_date

),

mission_weeks as (

    select
        mission_id,
        cast(date_trunc('week', activity_date) as date) as week_start_date,
        sum(posts) as posts,
        count(distinct activity_date) filter (where is_registered) as days_registered,
        bool_or(is_synthetic) as is_synthetic
    from {{ ref('fct_account_daily') }}
    where mission_id != 'unassigned'
    group by mission_id, week_start_date

),

engagement as (

    select
        posts.mission_id,
        account_weeks.week_start_date,
        avg(posts.engagements) as engagements_per_post,
        -- A rate's numerator holds just the posts that have its denominator.
        sum(posts.engagements) filter (where account_weeks.followers is not null) as engagements_with_followers,
        sum(account_weeks.followers) filter (where posts.engagements is not null) as followers_of_posts
    from {{ ref('fct_post') }} as posts
    inner join account_weeks
        on
            posts.account_id = account_weeks.account_id
            and cast(date_trunc('week', posts.posted_date) as date) = account_weeks.week_start_date
    where posts.kind is distinct from 'repost'
    group by posts.mission_id, account_weeks.week_start_date

),

trainings as (

    select
        attendance.mission_id,
        sessions.session_date as trained_date
    from {{ ref('fct_attendance') }} as attendance
    inner join {{ ref('dim_session') }} as sessions
        on attendance.session_id = sessions.session_id
    where attendance.is_present
    union all
    -- Of a course without sessions it is known only who passed it: they were trained by its last day.
    select
        registrations.mission_id,
        {{ dbt.dateadd('day', 'cast(courses.length_days as integer) - 1', 'courses.start_date') }} as trained_date
    from {{ ref('fct_registration') }} as registrations
    inner join {{ ref('dim_course') }} as courses
        on registrations.course_id = courses.course_id
    left join {{ ref('dim_session') }} as sessions
        on registrations.course_id = sessions.course_id
    where registrations.is_passed and sessions.session_id is null

),

first_trainings as (

    select
        mission_id,
        cast(date_trunc('week', min(trained_date)) as date) as first_trained_week_start_date
    from trainings
    where mission_id != 'unassigned'
    group by mission_id

)

select
    mission_weeks.mission_id,
    mission_weeks.week_start_date,
    cast({{ dbt.datediff(
        "cast('1970-01-05' as date)", 'mission_weeks.week_start_date', 'day'
    ) }} / 7 as integer) as week,
    cast({{ dbt.datediff(
        "cast('1970-01-05' as date)", 'first_trainings.first_trained_week_start_date', 'day'
    ) }} / 7 as integer) as first_trained_week,
    engagement.engagements_per_post,
    {{ rate('engagement.engagements_with_followers', 'engagement.followers_of_posts') }}
        as engagement_rate_by_followers,
    -- A week of which days are missing has fewer posts for want of days.
    case when mission_weeks.days_registered = 7 then cast(mission_weeks.posts as double) end as posts,
    mission_weeks.is_synthetic
from mission_weeks
left join engagement
    on
        mission_weeks.mission_id = engagement.mission_id
        and mission_weeks.week_start_date = engagement.week_start_date
left join first_trainings
    on mission_weeks.mission_id = first_trainings.mission_id
