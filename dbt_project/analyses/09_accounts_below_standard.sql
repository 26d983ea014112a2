-- 9. Which accounts are below the standard, and what is to be mended?
-- One row per official account that breaks a rule, the lowest score first.
-- columns: platform, handle, mission_name, region, score, rules_not_met, what_to_fix
select
    scores.platform,
    scores.handle,
    missions.name as mission_name,
    missions.region,
    scores.score,
    scores.rules_not_met,
    scores.what_to_fix
from asset_scores as scores
inner join dim_mission as missions
    on scores.mission_id = missions.mission_id
where scores.rules_not_met > 0
order by scores.score, scores.platform, scores.handle
