-- 1. Which missions have no trained focal person?
-- One row per mission of the newest register where no officer serves who was ever trained.
-- columns: mission_id, mission_name, region, officers_posted
select
    mission_id,
    mission_name,
    region,
    officers_posted
from mission_training_coverage
where not has_trained_focal_person
order by region, mission_name
