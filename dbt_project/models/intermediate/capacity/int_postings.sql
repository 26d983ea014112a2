-- Who served where from when to when, by all staff lists that ever came: one row per officer and span of days at one
-- mission and grade. The lists of one day are one list, and it names everybody: whoever vanishes from it has left.
{{ config(schema='restricted') }}

with told as (

    select
        staff.observed_date,
        persons.person_id,
        staff.mission_id,
        staff.posted_date,
        staff.grade,
        staff.gender,
        staff.is_synthetic,
        {{ recency('staff.observed_date, persons.person_id', 'staff') }} as recency
    from {{ ref('stg_sheets__staff') }} as staff
    inner join {{ ref('int_person_keys') }} as persons
        on staff.person_as_written = persons.person_as_written

),

list_days as (

    select
        observed_date,
        row_number() over (order by observed_date) as day_number,
        lead(observed_date) over (order by observed_date) as next_list_date
    from (select distinct observed_date from told) as days

),

entries as (

    select
        told.*,
        list_days.day_number,
        list_days.next_list_date,
        (lag(list_days.day_number) over officer is distinct from list_days.day_number - 1) as is_back,
        (lag(told.mission_id) over officer is distinct from told.mission_id) as is_moved,
        (lag(told.grade) over officer is distinct from told.grade) as is_promoted
    from told
    inner join list_days
        on told.observed_date = list_days.observed_date
    where told.recency = 1
    window officer as (partition by told.person_id order by list_days.day_number)

),

numbered as (

    select
        *,
        count(*) filter (where is_back or is_moved or is_promoted) over (
            partition by person_id order by day_number rows between unbounded preceding and current row
        ) as posting_number
    from entries

),

spans as (

    select
        person_id,
        posting_number,
        mission_id,
        grade,
        max_by(gender, day_number) filter (where gender is not null) as gender,
        min(observed_date) as first_list_date,
        -- A promotion at the same mission begins with the list that tells it.
        case when min_by(is_back or is_moved, day_number) then max_by(posted_date, day_number) end as posted_date,
        -- The newest list has none after it: that it is NULL counts.
        arg_max_null(next_list_date, day_number) as next_list_date,
        bool_or(is_synthetic) as is_synthetic
    from numbered
    group by person_id, posting_number, mission_id, grade

),

begun as (

    select
        *,
        -- A posting cannot begin before the one that an earlier list tells: then the list's own day counts.
        case
            when posted_date <= lag(coalesce(posted_date, first_list_date)) over (
                partition by person_id order by posting_number
            ) then first_list_date
            else coalesce(posted_date, first_list_date)
        end as valid_from_date
    from spans

),

ended as (

    select
        *,
        least(next_list_date, lead(valid_from_date) over (partition by person_id order by posting_number))
            as valid_to_date
    from begun

)

select
    person_id,
    mission_id,
    grade,
    gender,
    valid_from_date,
    valid_to_date,
    row_number() over (partition by person_id order by posting_number desc) = 1 as is_current,
    is_synthetic
from ended
-- One that was called off before it began never was.
where valid_from_date < coalesce(valid_to_date, date '9999-12-31')
