-- 4. Who needs a refresher?
-- One row per officer in service whose newest certificate has ended or ends within 90 days, the longest ended
-- first.
-- columns: officer_id, mission_id, grade, last_certified_date, certified_until_date
select
    officers.officer_id,
    officers.mission_id,
    officers.grade,
    max(certificates.issued_date) as last_certified_date,
    max(certificates.expires_date) as certified_until_date
from fct_certification as certificates
inner join dim_officer as officers
    on certificates.officer_id = officers.officer_id
where officers.is_current and officers.valid_to_date is null
group by officers.officer_id, officers.mission_id, officers.grade
having max(certificates.expires_date) < current_date + 90
order by certified_until_date, officers.officer_id
