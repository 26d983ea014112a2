-- One row per post and day observed: metrics as they stood at the day's end, and what they gained since the
-- observation before, or since posting for the first. A gap stays a gap: its gain is known over the span only.
with days as (

    select
        post_id,
        observed_date,
        observed_at,
        account_id,
        platform,
        kind,
        cast(posted_at as date) as posted_date,
        {% for metric in post_metrics() %}
        {{ metric }},
        {% endfor %}
        engagements,
        source,
        batch_id,
        source_file,
        source_line,
        is_synthetic,
        lag(observed_date) over (partition by post_id order by observed_date) as previous_date
        {% for metric in post_metrics() + ['engagements'] %}
        , lag({{ metric }}) over (partition by post_id order by observed_date) as previous_{{ metric }}
        {% endfor %}
    from {{ ref('int_post_observations') }}
    where is_last_of_day

),

gains as (

    select
        *,
        {% for metric in post_metrics() + ['engagements'] %}
        case when previous_date is null then {{ metric }} else {{ metric }} - previous_{{ metric }} end
            as {{ metric }}_gained,
        {% endfor %}
        -- Days inclusive of the posting day, so a post made on the day observed spans one day.
        greatest({{ dbt.datediff('coalesce(previous_date, posted_date - interval 1 day)', 'observed_date', 'day') }}, 1)
            as gain_span_days
    from days

)

select
    post_id,
    observed_date,
    observed_at,
    account_id,
    platform,
    kind,
    posted_date,
    {% for metric in post_metrics() + ['engagements'] %}
    {{ metric }},
    {{ metric }}_gained,
    {% endfor %}
    gain_span_days,
    gain_span_days > 1 as is_gain_over_gap,
    source,
    batch_id,
    source_file,
    source_line,
    is_synthetic
from gains
