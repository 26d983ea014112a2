select
    certificates.certificate_id,
    officers.officer_id,
    certificates.course_id,
    certificates.issued_date,
    certificates.expires_date,
    certificates.source_file,
    certificates.source_line,
    certificates.batch_id,
    certificates.observed_date,
    'sheets' as source,
    certificates.is_synthetic
from {{ ref('int_certificates') }} as certificates
inner join {{ ref('int_officers') }} as officers
    on certificates.person_id = officers.person_id
where certificates.is_last
