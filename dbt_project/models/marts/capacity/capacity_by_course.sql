with registrations as (

    select
        course_id,
        count(*) as registrations,
        count(distinct mission_id) filter (where mission_id != 'unassigned') as missions,
        count(*) filter (where lower(outcome) = 'pass') as passed,
        count(*) filter (where lower(outcome) = 'distinction') as distinctions,
        count(*) filter (where lower(outcome) = 'fail') as failed,
        count(*) filter (where lower(outcome) = 'withdrawn') as withdrawn,
        count(*) filter (where outcome is null) as without_outcome,
        count(*) filter (where is_passed) as passed_in_all
    from {{ ref('fct_registration') }}
    group by course_id

),

results as (

    select
        course_id,
        count(distinct assessment_id) as assessments,
        count(*) as results,
        count(*) - count(score) as results_without_score,
        sum(score) as score_sum,
        avg(score) as mean_score,
        avg(score) filter (where lower(kind) = 'pre-test') as mean_pre_test_score,
        avg(score) filter (where lower(kind) = 'post-test') as mean_post_test_score,
        count(distinct officer_id) as assessed,
        count(distinct officer_id) filter (where lower(kind) = 'pre-test') as pre_tested,
        count(distinct officer_id) filter (where lower(kind) = 'post-test') as post_tested
    from {{ ref('fct_assessment') }}
    where course_id is not null
    group by course_id

),

report as (

    select
        courses.course_id,
        courses.name as course_name,
        courses.start_date,
        courses.length_days,
        cast(coalesce(registrations.registrations, 0) as integer) as registrations,
        cast(coalesce(registrations.missions, 0) as integer) as missions,
        cast(coalesce(registrations.passed, 0) as integer) as passed,
        cast(coalesce(registrations.distinctions, 0) as integer) as distinctions,
        cast(coalesce(registrations.failed, 0) as integer) as failed,
        cast(coalesce(registrations.withdrawn, 0) as integer) as withdrawn,
        cast(coalesce(registrations.without_outcome, 0) as integer) as without_outcome,
        case
            when registrations.registrations > 0
                then cast(registrations.passed_in_all as double) / registrations.registrations
        end as pass_share_of_registrations,
        cast(coalesce(results.assessments, 0) as integer) as assessments,
        cast(coalesce(results.results, 0) as integer) as results,
        cast(coalesce(results.results_without_score, 0) as integer) as results_without_score,
        results.score_sum,
        results.mean_score,
        results.mean_pre_test_score,
        results.mean_post_test_score,
        results.assessed,
        results.pre_tested,
        results.post_tested,
        courses.is_synthetic
    from {{ ref('dim_course') }} as courses
    left join registrations
        on courses.course_id = registrations.course_id
    left join results
        on courses.course_id = results.course_id

)

select
    course_id,
    course_name,
    start_date,
    length_days,
    {{- suppress_small(
        'registrations', 'registrations', 'missions', 'passed', 'distinctions', 'failed', 'withdrawn',
        'without_outcome', 'pass_share_of_registrations'
    ) }},
    assessments,
    {{- suppress_small('assessed', 'results', 'results_without_score', 'score_sum', 'mean_score') }},
    {{- suppress_small('pre_tested', 'mean_pre_test_score') }},
    {{- suppress_small('post_tested', 'mean_post_test_score') }},
    {{ is_small('registrations') }}
    or {{ is_small('assessed') }}
    or {{ is_small('pre_tested') }}
    or {{ is_small('post_tested') }} as is_suppressed,
    is_synthetic
from report
