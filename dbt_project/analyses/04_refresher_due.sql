-- 4. Who needs a refresher?
-- One row per trained officer who serves somewhere now and whose certificate has ended or whose last training is
-- too old, the longest due first.
-- columns: officer_id, mission_id, mission_name, region, last_trained_date, certificate_expires_date, due_date
select
    refreshers.officer_id,
    refreshers.mission_id,
    missions.name as mission_name,
    missions.region,
    refreshers.last_trained_date,
    refreshers.certificate_expires_date,
    refreshers.due_date
from refresher_due as refreshers
inner join dim_mission as missions
    on refreshers.mission_id = missions.mission_id
where refreshers.is_due
order by refreshers.due_date, refreshers.officer_id
