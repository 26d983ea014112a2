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
    results.source,
    results.is_synthetic
from {{ ref('int_assessment_results') }} as results
inner join {{ ref('int_officers') }} as officers
    on results.person_id = officers.person_id
left join {{ ref('int_assessments') }} as assessments
    on results.assessment_id = assessments.assessment_id
where results.is_last

union all

-- What a learning record store scored: the last score of each activity and person, in per cent.
select
    statements.object_id as assessment_id,
    officers.officer_id,
    statements.course_id,
    null as kind,
    null as weight,
    null as due_day,
    null as submitted_day,
    cast(statements.happened_at as date) as submitted_date,
    null as is_banked,
    statements.score_percent as score,
    100 as max_score,
    statements.source_file,
    statements.source_line,
    statements.batch_id,
    statements.observed_date,
    'xapi' as source,
    statements.is_synthetic
from {{ ref('int_course_statements') }} as statements
inner join {{ ref('int_officers') }} as officers
    on statements.person_id = officers.person_id
where statements.score_percent is not null
qualify row_number() over (
    partition by statements.object_id, officers.officer_id
    order by statements.happened_at desc, statements.statement_id desc
) = 1
