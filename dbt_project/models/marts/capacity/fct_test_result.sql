select
    results.course_id,
    officers.officer_id,
    results.phase,
    results.score,
    results.max_score,
    results.taken_date,
    results.source_file,
    results.source_line,
    results.batch_id,
    results.observed_date,
    'sheets' as source,
    results.is_synthetic
from {{ ref('int_test_results') }} as results
inner join {{ ref('int_officers') }} as officers
    on results.person_id = officers.person_id
where results.is_last
