-- 1. Which missions have no trained focal person?
-- One row per mission of the register where nobody who serves there now has passed a course.
-- columns: mission_id, name, region, country
select
    mission_id,
    name,
    region,
    country
from dim_mission
where
    is_in_register
    and mission_id not in (
        select officers.mission_id
        from dim_officer as officers
        inner join fct_registration as registrations
            on officers.officer_id = registrations.officer_id
        where officers.is_current and officers.valid_to_date is null and registrations.is_passed
    )
order by region, name
