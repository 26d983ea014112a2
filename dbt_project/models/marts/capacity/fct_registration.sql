select
    registrations.course_id,
    officers.officer_id,
    coalesce(missions.mission_id, 'unassigned') as mission_id,
    registrations.outcome,
    lower(registrations.outcome) in ('pass', 'distinction') as is_passed,
    registrations.source_file,
    registrations.source_line,
    registrations.batch_id,
    registrations.observed_date,
    'sheets' as source,
    registrations.is_synthetic
from {{ ref('int_registrations') }} as registrations
inner join {{ ref('int_officers') }} as officers
    on registrations.person_id = officers.person_id
left join {{ ref('dim_mission') }} as missions
    on registrations.mission_id = missions.mission_id
where registrations.is_last
