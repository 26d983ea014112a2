with officers as (

    select
        posted.mission_id,
        count(*) as officers_posted
    from {{ ref('int_posted_officers') }} as posted
    group by posted.mission_id

),

trained as (

    select
        posted.mission_id,
        trainings.course_id,
        count(*) as trained_officers
    from {{ ref('int_trainings') }} as trainings
    inner join {{ ref('int_posted_officers') }} as posted
        on trainings.officer_id = posted.officer_id
    group by posted.mission_id, trainings.course_id

),

coverage as (

    select
        missions.mission_id,
        courses.course_id,
        courses.name as course_name,
        coalesce(officers.officers_posted, 0) as officers_posted,
        coalesce(trained.trained_officers, 0) as trained_officers,
        missions.is_synthetic or courses.is_synthetic as is_synthetic
    from {{ ref('dim_mission') }} as missions
    cross join {{ ref('dim_course') }} as courses
    left join officers
        on missions.mission_id = officers.mission_id
    left join trained
        on missions.mission_id = trained.mission_id and courses.course_id = trained.course_id
    where missions.is_in_register

)

select
    mission_id,
    course_id,
    course_name,
    trained_officers > 0 as has_trained_focal_person,
    {{- suppress_small('officers_posted', 'trained_officers') }},
    {{ is_small('officers_posted') }} as is_suppressed,
    is_synthetic
from coverage
