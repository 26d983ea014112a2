select
    results.assessment_id,
    officers.officer_id,
    assessments.course_id,
    assessments.kind,
    assessments.weight,
    assessments.due_day,
    cast(results.submitted_day as integer) as submitted_day,
    results.submitted_date,
    results.is_banked,
    results.score,
    assessments.max_score,
    results.source_file,
    results.source_line,
    results.batch_id,
    results.observed_date,
    'sheets' as source,
    results.is_synthetic
from {{ ref('int_assessment_results') }} as results
inner join {{ ref('int_officers') }} as officers
    on results.person_id = officers.person_id
left join {{ ref('int_assessments') }} as assessments
    on results.assessment_id = assessments.assessment_id
where results.is_last
