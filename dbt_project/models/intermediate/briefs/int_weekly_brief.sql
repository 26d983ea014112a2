-- What a region's week is told with: the numbers, and the text that a template makes of them. A week is told once its
-- Sunday is over, where a night of it was read.
with weeks as (

    select
        *,
        lag(engagements_gained) over (partition by region order by period_start_date) as engagements_gained_before,
        lag(period_start_date) over (partition by region order by period_start_date)
        = period_start_date - interval 7 day
        and lag(is_complete) over (partition by region order by period_start_date) as has_week_before
    from {{ ref('engagement_by_region') }}
    where period_grain = 'week'

),

alerts as (

    select
        missions.region,
        cast(date_trunc('week', alerts.alert_date) as date) as week_start_date,
        count(*) as alerts,
        count(*) filter (where alerts.severity = 'high') as severe_alerts
    from {{ ref('alerts') }} as alerts
    inner join {{ ref('dim_mission') }} as missions
        on alerts.mission_id = missions.mission_id
    group by missions.region, week_start_date

),

best_posts as (

    select
        missions.region,
        cast(date_trunc('week', posts.posted_date) as date) as week_start_date,
        max(posts.engagements) as best_post_engagements,
        max_by(posts.post_id, (posts.engagements, posts.post_id)) as best_post_id,
        max_by(missions.name, (posts.engagements, posts.post_id)) as best_mission
    from {{ ref('fct_post') }} as posts
    inner join {{ ref('dim_mission') }} as missions
        on posts.mission_id = missions.mission_id
    where posts.kind is distinct from 'repost' and posts.engagements is not null
    group by missions.region, week_start_date

),

told as (

    select
        weeks.region,
        weeks.period_start_date as week_start_date,
        weeks.is_complete,
        weeks.accounts,
        weeks.posts,
        weeks.engagements_gained,
        case when weeks.has_week_before then weeks.engagements_gained_before end as engagements_gained_before,
        case
            when
                weeks.has_week_before and weeks.is_complete and weeks.accounts >= {{ var('smallest_group') }}
                and weeks.engagements_gained_before > 0
                then weeks.engagements_gained / weeks.engagements_gained_before - 1
        end as engagements_change,
        weeks.followers,
        weeks.followers_gained,
        weeks.account_days_registered,
        weeks.account_days_reported,
        coalesce(alerts.alerts, 0) as alerts,
        coalesce(alerts.severe_alerts, 0) as severe_alerts,
        best_posts.best_post_engagements,
        best_posts.best_post_id,
        best_posts.best_mission,
        weeks.is_synthetic
    from weeks
    left join alerts
        on weeks.region = alerts.region and weeks.period_start_date = alerts.week_start_date
    left join best_posts
        on weeks.region = best_posts.region and weeks.period_start_date = best_posts.week_start_date
    where
        weeks.account_days_reported > 0
        and weeks.period_end_date <= (select max(observed_date) from {{ ref('int_nights') }})

)

select
    *,
    {{ counted('accounts', 'account') }} || ' made ' || {{ counted('posts', 'post') }} || '. '
    || case
        when engagements_gained is null then 'No engagements were told. '
        else
            'Their posts gained ' || {{ counted('engagements_gained', 'engagement') }}
            || case
                when engagements_change is null then '. '
                when abs(engagements_change) < 0.005
                    then ', as many as the week before (' || {{ whole('engagements_gained_before') }} || '). '
                else
                    ', ' || {{ percent('abs(engagements_change)') }}
                    || case when engagements_change > 0 then ' more' else ' less' end
                    || ' than the week before (' || {{ whole('engagements_gained_before') }} || '). '
            end
    end
    || case
        when accounts < {{ var('smallest_group') }} then 'The accounts are too few to compare the weeks. '
        when engagements_change is null
            then 'The week before is not wholly known, or this one is not, so the two are not compared. '
        else ''
    end
    || case
        when followers is null then 'No followers were told. '
        when followers_gained is null then 'They have ' || {{ counted('followers', 'follower') }} || '. '
        else
            'They have ' || {{ counted('followers', 'follower') }} || ', '
            || {{ whole('abs(followers_gained)') }}
            || case when followers_gained < 0 then ' fewer' else ' more' end || ' than when last told before. '
    end
    || case
        when best_post_engagements is null then ''
        else
            'The post that drew most is by ' || best_mission || ', with '
            || {{ counted('best_post_engagements', 'engagement') }} || ' so far. '
    end
    || case
        when alerts = 0 then 'There was no alert. '
        else
            'There ' || case when alerts = 1 then 'was ' else 'were ' end || {{ counted('alerts', 'alert') }} || ', '
            || {{ whole('severe_alerts') }} || ' of high severity. '
    end
    || case
        when is_complete and account_days_reported = account_days_registered then 'Every account was read each day.'
        else
            'Data are missing: '
            || case when is_complete then '' else 'not every night of the week was read' end
            || case when is_complete or account_days_reported = account_days_registered then '' else ', and ' end
            || case
                when account_days_reported = account_days_registered then '.'
                else
                    'of ' || {{ whole('account_days_registered') }} || ' days of registered accounts '
                    || {{ whole('account_days_reported') }} || ' were read.'
            end
    end
    || case when is_synthetic then ' All of this is synthetic.' else '' end as template_text
from told
