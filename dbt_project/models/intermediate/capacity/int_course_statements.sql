-- What learning record stores tell of courses: statements whose activity, or its parent, ends in a course's id. Voided
-- ones do not count.
{{ config(schema='restricted') }}

with statements as (

    select
        *,
        url_decode(regexp_extract(object_id, '([^/#?=]+)/*$', 1)) as activity,
        url_decode(regexp_extract(parent_object_id, '([^/#?=]+)/*$', 1)) as parent
    from {{ ref('stg_xapi__statements') }}
    where
        verb in ('registered', 'attended', 'completed', 'passed', 'failed', 'scored')
        and statement_id not in (
            select voided_statement_id
            from {{ ref('stg_xapi__statements') }}
            where verb = 'voided' and voided_statement_id is not null
        )

)

select
    statements.statement_id,
    persons.person_id,
    courses.course_id,
    statements.object_id,
    courses.course_id = statements.activity as is_about_course,
    statements.verb,
    coalesce(statements.happened_at, statements.stored_at) as happened_at,
    -- xAPI allows a scaled score below nothing; no sheet does.
    case when statements.score_percent >= 0 then statements.score_percent end as score_percent,
    statements.source_file,
    statements.source_line,
    statements.batch_id,
    statements.observed_date,
    statements.observed_at,
    statements.is_synthetic
from statements
inner join {{ ref('int_person_keys') }} as persons
    on statements.person_as_written = persons.person_as_written
inner join {{ ref('dim_course') }} as courses
    on statements.activity = courses.course_id or statements.parent = courses.course_id
qualify row_number() over (
    partition by statements.statement_id
    order by courses.course_id = statements.activity desc, statements.observed_at desc
) = 1
