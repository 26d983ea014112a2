select
    nominations.course_id,
    officers.officer_id,
    coalesce(missions.mission_id, 'unassigned') as mission_id,
    nominations.nominated_date,
    nominations.source_file,
    nominations.source_line,
    nominations.batch_id,
    nominations.observed_date,
    'sheets' as source,
    nominations.is_synthetic
from {{ ref('int_nominations') }} as nominations
inner join {{ ref('int_officers') }} as officers
    on nominations.person_id = officers.person_id
{{ join_posting(
    'nominations.person_id', 'coalesce(nominations.nominated_date, nominations.observed_date)'
) }}
left join {{ ref('dim_mission') }} as missions
    on coalesce(postings.mission_id, nominations.mission_id) = missions.mission_id
where nominations.is_last
