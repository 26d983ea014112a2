-- Who is behind a pseudonym. Personal data: this table stays in the restricted schema and is never published.
{{ config(schema='restricted') }}

with people as (

    select
        person_id,
        mission_id,
        gender,
        course_id,
        observed_at,
        is_synthetic
    from {{ ref('stg_sheets__registrations') }}

    union all

    select
        person_id,
        null as mission_id,
        null as gender,
        null as course_id,
        observed_at,
        is_synthetic
    from {{ ref('stg_sheets__assessment_results') }}

    union all

    select
        person_id,
        mission_id,
        null as gender,
        course_id,
        observed_at,
        is_synthetic
    from {{ ref('int_attendance') }}

    union all

    select
        person_id,
        mission_id,
        null as gender,
        course_id,
        observed_at,
        is_synthetic
    from {{ ref('stg_sheets__nominations') }}

    union all

    select
        person_id,
        null as mission_id,
        null as gender,
        null as course_id,
        observed_at,
        is_synthetic
    from {{ ref('stg_sheets__test_results') }}

    union all

    select
        person_id,
        null as mission_id,
        null as gender,
        null as course_id,
        observed_at,
        is_synthetic
    from {{ ref('stg_sheets__certificates') }}

),

officers as (

    select
        person_id,
        max_by(mission_id, (observed_at, course_id)) filter (where mission_id is not null) as mission_id,
        max_by(gender, (observed_at, course_id)) filter (where gender is not null) as gender,
        bool_or(is_synthetic) as is_synthetic
    from people
    group by person_id

)

select
    {{ pseudonym('person_id') }} as officer_id,
    person_id,
    mission_id,
    gender,
    is_synthetic
from officers
