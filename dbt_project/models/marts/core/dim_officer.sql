with registrations as (

    select
        person_id,
        count(*) as courses
    from {{ ref('int_registrations') }}
    where is_last
    group by person_id

)

select
    officers.officer_id,
    coalesce(missions.mission_id, 'unassigned') as mission_id,
    coalesce(registrations.courses, 0) as courses,
    officers.is_synthetic
from {{ ref('int_officers') }} as officers
left join registrations
    on officers.person_id = registrations.person_id
left join {{ ref('dim_mission') }} as missions
    on officers.mission_id = missions.mission_id
