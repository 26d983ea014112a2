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
    from {{ ref('int_registrations') }}

    union all

    select
        person_id,
        null as mission_id,
        null as gender,
        null as course_id,
        observed_at,
        is_synthetic
    from {{ ref('int_assessment_results') }}

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
    from {{ ref('int_nominations') }}

    union all

    select
        person_id,
        null as mission_id,
        null as gender,
        null as course_id,
        observed_at,
        is_synthetic
    from {{ ref('int_test_results') }}

    union all

    select
        person_id,
        null as mission_id,
        null as gender,
        null as course_id,
        observed_at,
        is_synthetic
    from {{ ref('int_certificates') }}

    union all

    select
        person_id,
        null as mission_id,
        null as gender,
        course_id,
        observed_at,
        is_synthetic
    from {{ ref('int_course_statements') }}

    union all

    -- Where an officer serves is the postings' matter.
    select
        person_id,
        null as mission_id,
        gender,
        null as course_id,
        cast(valid_from_date as timestamp) as observed_at,
        is_synthetic
    from {{ ref('int_postings') }}

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
