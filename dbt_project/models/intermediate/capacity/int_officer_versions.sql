-- Officers with what only small groups may be told by; the published dimension leaves gender out.
{{ config(schema='restricted') }}

with registrations as (

    select
        officer_id,
        count(*) as courses
    from {{ ref('fct_registration') }}
    group by officer_id

)

select
    officers.officer_id,
    postings.valid_from_date,
    postings.valid_to_date,
    coalesce(postings.is_current, true) as is_current,
    coalesce(missions.mission_id, 'unassigned') as mission_id,
    postings.grade,
    coalesce(postings.gender, officers.gender) as gender,
    coalesce(registrations.courses, 0) as courses,
    officers.is_synthetic
from {{ ref('int_officers') }} as officers
left join {{ ref('int_postings') }} as postings
    on officers.person_id = postings.person_id
left join registrations
    on officers.officer_id = registrations.officer_id
left join {{ ref('dim_mission') }} as missions
    on coalesce(postings.mission_id, officers.mission_id) = missions.mission_id
