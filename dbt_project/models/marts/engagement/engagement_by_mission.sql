with keyed as (

    select
        periods.*,
        missions.name as mission_name,
        missions.region
    from {{ ref('int_account_periods') }} as periods
    inner join {{ ref('dim_mission') }} as missions
        on periods.mission_id = missions.mission_id

),

{{ engagement_by(['keyed.mission_id', 'keyed.mission_name', 'keyed.region']) }},

voices as (

    -- What has no mission has no voice among missions.
    select
        *,
        case when mission_id <> 'unassigned' then posts end as voiced_posts,
        case when mission_id <> 'unassigned' then engagements end as voiced_engagements
    from engagement

)

select
    * exclude (voiced_posts, voiced_engagements),
    {{ rate('voiced_posts', 'sum(voiced_posts) over (partition by period_grain, period_start_date)') }}
        as share_of_voice_by_posts,
    {{ rate('voiced_engagements', 'sum(voiced_engagements) over (partition by period_grain, period_start_date)') }}
        as share_of_voice_by_engagements
from voices
