-- Points are per cent of full marks, so that tests of different length compare.
with scored as (

    select
        course_id,
        officer_id,
        max({{ rate('100 * score', 'max_score') }}) filter (where phase = 'pre') as pre_points,
        max({{ rate('100 * score', 'max_score') }}) filter (where phase = 'post') as post_points,
        bool_or(is_synthetic) as is_synthetic
    from {{ ref('fct_test_result') }}
    group by course_id, officer_id

)

select
    course_id,
    officer_id,
    pre_points,
    post_points,
    is_synthetic
from scored
where pre_points is not null and post_points is not null
