-- Registrations of the trainers' sheets, and of learning record stores where no sheet has them.
with statements as (

    select
        course_id,
        person_id,
        case max_by(verb, (happened_at, statement_id)) filter (where verb in ('passed', 'failed'))
            when 'passed' then 'Pass'
            when 'failed' then 'Fail'
        end as outcome,
        min(happened_at) filter (where verb = 'completed') as completed_at,
        arg_min(source_file, (observed_at, statement_id)) as source_file,
        arg_min(batch_id, (observed_at, statement_id)) as batch_id,
        min(observed_date) as observed_date,
        bool_or(is_synthetic) as is_synthetic
    from {{ ref('int_course_statements') }}
    where is_about_course
    group by course_id, person_id

),

told as (

    select
        coalesce(sheets.course_id, statements.course_id) as course_id,
        coalesce(sheets.person_id, statements.person_id) as person_id,
        sheets.mission_id,
        coalesce(sheets.outcome, statements.outcome) as outcome,
        statements.completed_at,
        coalesce(sheets.source_file, statements.source_file) as source_file,
        sheets.source_line,
        coalesce(sheets.batch_id, statements.batch_id) as batch_id,
        coalesce(sheets.observed_date, statements.observed_date) as observed_date,
        case when sheets.course_id is not null then 'sheets' else 'xapi' end as source,
        coalesce(sheets.is_synthetic, statements.is_synthetic) as is_synthetic
    from (select * from {{ ref('int_registrations') }} where is_last) as sheets
    full outer join statements
        on sheets.course_id = statements.course_id and sheets.person_id = statements.person_id

)

select
    told.course_id,
    officers.officer_id,
    coalesce(missions.mission_id, 'unassigned') as mission_id,
    told.outcome,
    lower(told.outcome) in ('pass', 'distinction') as is_passed,
    told.completed_at,
    told.source_file,
    told.source_line,
    told.batch_id,
    told.observed_date,
    told.source,
    told.is_synthetic
from told
inner join {{ ref('int_officers') }} as officers
    on told.person_id = officers.person_id
inner join {{ ref('dim_course') }} as courses
    on told.course_id = courses.course_id
{{ join_posting('told.person_id', 'coalesce(courses.start_date, told.observed_date)') }}
left join {{ ref('dim_mission') }} as missions
    on coalesce(postings.mission_id, told.mission_id) = missions.mission_id
