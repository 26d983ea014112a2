with courses as (

    select
        courses.course_id,
        courses.name as course_name,
        courses.start_date,
        coalesce(gains.officers, 0) as officers,
        gains.mean_pre_points,
        gains.mean_post_points,
        gains.mean_gain_points,
        gains.mean_gain_points_lower,
        gains.mean_gain_points_upper,
        gains.standardised_mean_gain,
        courses.is_synthetic
    from {{ ref('dim_course') }} as courses
    left join {{ ref('int_training_gain') }} as gains
        on courses.course_id = gains.course_id

)

select
    course_id,
    course_name,
    start_date,
    {{- suppress_small(
        'officers', 'officers', 'mean_pre_points', 'mean_post_points', 'mean_gain_points', 'mean_gain_points_lower',
        'mean_gain_points_upper', 'standardised_mean_gain'
    ) }},
    {{ is_small('officers') }} as is_suppressed,
    is_synthetic
from courses
