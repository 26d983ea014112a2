with records as (

    -- True or false where a record tells it of the officer; NULL where none does.
    select
        course_id,
        officer_id,
        true as is_nominated,
        cast(null as boolean) as has_attended,
        cast(null as boolean) as has_completed,
        cast(null as boolean) as is_certified
    from {{ ref('fct_nomination') }}

    union all

    select
        course_id,
        officer_id,
        null as is_nominated,
        is_present as has_attended,
        null as has_completed,
        null as is_certified
    from {{ ref('fct_attendance') }}

    union all

    select
        course_id,
        officer_id,
        null as is_nominated,
        null as has_attended,
        case when completed_at is not null then true else lower(outcome) != 'withdrawn' end as has_completed,
        null as is_certified
    from {{ ref('fct_registration') }}

    union all

    select
        course_id,
        officer_id,
        null as is_nominated,
        null as has_attended,
        null as has_completed,
        true as is_certified
    from {{ ref('fct_certification') }}
    where course_id is not null

),

officers as (

    select
        course_id,
        officer_id,
        bool_or(is_nominated) as is_nominated,
        bool_or(has_attended) as has_attended,
        bool_or(has_completed) as has_completed,
        bool_or(is_certified) as is_certified
    from records
    group by course_id, officer_id

),

-- The sum over nothing but NULL is NULL: a step that no record of the course tells is not told.
counts as (

    select
        course_id,
        sum(cast(is_nominated as integer)) as nominated,
        sum(cast(has_attended as integer)) as attended,
        sum(cast(has_completed as integer)) as completed,
        sum(cast(is_certified as integer)) as certified,
        count(*) filter (where is_nominated and has_attended) as nominated_who_attended,
        count(*) filter (where has_attended and has_completed) as attended_who_completed,
        count(*) filter (where has_completed and is_certified) as completed_who_are_certified
    from officers
    group by course_id

),

report as (

    select
        courses.course_id,
        courses.name as course_name,
        courses.start_date,
        cast(counts.nominated as integer) as nominated,
        cast(counts.attended as integer) as attended,
        cast(counts.completed as integer) as completed,
        cast(counts.certified as integer) as certified,
        case when counts.nominated > 0 then cast(counts.attended - counts.nominated_who_attended as integer) end
            as attended_without_nomination,
        counts.nominated_who_attended,
        counts.attended_who_completed,
        counts.completed_who_are_certified,
        case
            when counts.attended is not null then {{ rate('counts.nominated_who_attended', 'counts.nominated') }}
        end as attended_share_of_nominated,
        case
            when counts.completed is not null then {{ rate('counts.attended_who_completed', 'counts.attended') }}
        end as completed_share_of_attended,
        case
            when counts.certified is not null then {{ rate('counts.completed_who_are_certified', 'counts.completed') }}
        end as certified_share_of_completed,
        courses.is_synthetic
    from {{ ref('dim_course') }} as courses
    left join counts
        on courses.course_id = counts.course_id

),

-- A share tells the number above its line to whoever knows the one below: the smallest group of them counts. Who
-- attended without nomination follows from a share and the two steps.
groups as (

    select
        *,
        least(nullif(nominated, 0), nullif(nominated_who_attended, 0), nullif(attended_without_nomination, 0))
            as smallest_at_attendance,
        least(nullif(attended, 0), nullif(attended_who_completed, 0)) as smallest_at_completion,
        least(nullif(completed, 0), nullif(completed_who_are_certified, 0)) as smallest_at_certification
    from report

)

select
    course_id,
    course_name,
    start_date,
    {{- suppress_small('nominated', 'nominated') }},
    {{- suppress_small('attended', 'attended') }},
    {{- suppress_small('completed', 'completed') }},
    {{- suppress_small('certified', 'certified') }},
    {{- suppress_small('attended_without_nomination', 'attended_without_nomination') }},
    {{- suppress_small('smallest_at_attendance', 'attended_share_of_nominated') }},
    {{- suppress_small('smallest_at_completion', 'completed_share_of_attended') }},
    {{- suppress_small('smallest_at_certification', 'certified_share_of_completed') }},
    {{ is_small('least(smallest_at_attendance, smallest_at_completion, smallest_at_certification)') }}
    or {{ is_small('attended') }}
    or {{ is_small('certified') }} as is_suppressed,
    is_synthetic
from groups
