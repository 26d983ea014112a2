-- Registrations as the trainers' sheets tell them, else Moodle, else learning record stores: each tells what those
-- before it leave open.
with statements as (

    select
        'xapi' as source,
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

sources as (

    select
        *,
        list_position(['sheets', 'moodle', 'xapi'], source) as place
    from (
        select * exclude (is_last, observed_at, gender)
        from {{ ref('int_registrations') }}
        where is_last

        union all by name

        select * from statements
    ) as every_source

),

told as (

    select
        course_id,
        person_id,
        arg_min(mission_id, place) filter (where mission_id is not null) as mission_id,
        arg_min(outcome, place) filter (where outcome is not null) as outcome,
        arg_min(completed_at, place) filter (where completed_at is not null) as completed_at,
        arg_min_null(source_file, place) as source_file,
        arg_min_null(source_line, place) as source_line,
        arg_min_null(batch_id, place) as batch_id,
        arg_min_null(observed_date, place) as observed_date,
        arg_min(source, place) as source,
        bool_or(is_synthetic) as is_synthetic
    from sources
    group by course_id, person_id

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
