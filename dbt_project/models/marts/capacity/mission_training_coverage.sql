with officers as (

    select
        posted.mission_id,
        count(*) as officers_posted,
        count(refreshers.officer_id) as trained_officers,
        count(*) filter (where refreshers.is_due) as refreshers_due,
        coalesce(bool_or(not refreshers.is_due), false) as has_up_to_date_focal_person,
        bool_or(posted.is_synthetic) as is_synthetic
    from {{ ref('int_posted_officers') }} as posted
    left join {{ ref('refresher_due') }} as refreshers
        on posted.officer_id = refreshers.officer_id
    group by posted.mission_id

),

coverage as (

    select
        missions.mission_id,
        missions.name as mission_name,
        missions.region,
        coalesce(officers.officers_posted, 0) as officers_posted,
        coalesce(officers.trained_officers, 0) as trained_officers,
        coalesce(officers.refreshers_due, 0) as refreshers_due,
        coalesce(officers.has_up_to_date_focal_person, false) as has_up_to_date_focal_person,
        missions.is_synthetic or coalesce(officers.is_synthetic, false) as is_synthetic
    from {{ ref('dim_mission') }} as missions
    left join officers
        on missions.mission_id = officers.mission_id
    where missions.is_in_register

)

select
    mission_id,
    mission_name,
    region,
    trained_officers > 0 as has_trained_focal_person,
    has_up_to_date_focal_person,
    {{- suppress_small('officers_posted', 'officers_posted', 'trained_officers', 'refreshers_due') }},
    {{ is_small('officers_posted') }} as is_suppressed,
    is_synthetic
from coverage
