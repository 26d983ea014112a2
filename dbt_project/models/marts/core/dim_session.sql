select
    session_id,
    course_id,
    title,
    starts_at,
    ends_at,
    cast(starts_at as date) as session_date,
    cast({{ dbt.datediff(
        'starts_at', 'ends_at', 'microsecond'
    ) }} / 60000000.0 as double) as session_minutes,
    cast(coalesce(present_share, {{ var('present_share') }}) as double) as present_share,
    is_synthetic
from {{ ref('int_sessions') }}
