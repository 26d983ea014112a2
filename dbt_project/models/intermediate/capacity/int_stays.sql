-- What each source says of people's presence, as written: stays in meetings, and names on sign-in sheets as last told.
{{ config(schema='restricted') }}

with sign_ins as (

    select
        *,
        {{ recency('session_id, person') }} as recency
    from {{ ref('stg_sheets__sign_ins') }}

),

stays as (

    {% for source_name in ['zoom', 'teams'] %}
    select
        '{{ source_name }}' as source,
        null as session_id,
        meeting_key,
        nullif(trim(meeting_id), '') as meeting_id,
        topic,
        person_as_written,
        coalesce(original_name, name) as person,
        cast(null as varchar) as service_number,
        nullif(trim(email), '') as email,
        cast(null as varchar) as mission_id,
        joined_at,
        coalesce(left_at, meeting_ended_at) as left_at,
        cast(null as double) as told_minutes,
        observed_at,
        is_synthetic
    from {{ ref('stg_' ~ source_name ~ '__participants') }}

    union all

    {% endfor %}

    select
        'sheets' as source,
        session_id,
        null as meeting_key,
        null as meeting_id,
        null as topic,
        person_as_written,
        person,
        nullif(trim(service_number), '') as service_number,
        nullif(trim(email), '') as email,
        mission_id,
        signed_at as joined_at,
        left_at,
        minutes as told_minutes,
        observed_at,
        is_synthetic
    from sign_ins
    where recency = 1

)

select
    source,
    session_id,
    meeting_key,
    meeting_id,
    topic,
    person_as_written,
    person,
    service_number,
    email,
    mission_id,
    joined_at,
    left_at,
    told_minutes,
    observed_at,
    is_synthetic
from stays
