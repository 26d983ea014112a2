-- One row per session, as last told.
{{ config(schema='restricted') }}

with ranked as (

    select
        session_id,
        course_id,
        title,
        starts_at,
        ends_at,
        nullif(regexp_replace(zoom_meeting_id, '[ -]', '', 'g'), '') as zoom_meeting_id,
        nullif(trim(teams_meeting_id), '') as teams_meeting_id,
        present_share,
        is_synthetic,
        {{ recency('session_id') }} as recency
    from {{ ref('stg_sheets__sessions') }}

)

select
    session_id,
    course_id,
    title,
    starts_at,
    ends_at,
    zoom_meeting_id,
    teams_meeting_id,
    present_share,
    is_synthetic
from ranked
where recency = 1
