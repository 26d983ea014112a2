{#- Stays with the session's starts_at and ends_at beside them, cut to the session: what lies outside is no attendance.
    A stay without an end lasts to the end of the session. -#}
{% macro cut_to_session(stays) -%}
    select
        * exclude (joined_at, left_at),
        greatest(joined_at, starts_at) as joined_at,
        least(coalesce(left_at, ends_at), ends_at) as left_at
    from {{ stays }}
    where
        joined_at is not null
        and greatest(joined_at, starts_at) < least(coalesce(left_at, ends_at), ends_at)
{%- endmacro %}

{#- Minutes of the union of the intervals joined_at to left_at, by the `keys`: each counts for what it reaches beyond
    all that began before it, so that re-joins, second devices and other sources' word of the same count once. -#}
{% macro minutes_of_union(intervals, keys) -%}
    select
        {{ keys | join(', ') }},
        sum(
            greatest(
                {{ dbt.datediff('greatest(joined_at, coalesce(reached_at, joined_at))', 'left_at', 'microsecond') }}, 0
            )
        ) / 60000000.0 as minutes
    from (
        select
            {{ keys | join(', ') }},
            joined_at,
            left_at,
            max(left_at) over (
                partition by {{ keys | join(', ') }}
                order by joined_at, left_at
                rows between unbounded preceding and 1 preceding
            ) as reached_at
        from {{ intervals }}
    ) as reaching
    group by {{ keys | join(', ') }}
{%- endmacro %}

{#- The staging of a meeting tool's landed stays: all tools land the same record. -#}
{% macro staged_participants(source_name) -%}
with source as (

    {{ landed(source_name, 'participants') }}

),

renamed as (

    select
        meeting_key,
        meeting_id,
        topic,
        meeting_started_at,
        meeting_ended_at,
        participant_key,
        name,
        original_name,
        email,
        {{ person_key(source_name, email='email', name='coalesce(original_name, name)') }} as person_as_written,
        joined_at,
        left_at,
        duration_seconds,
        role,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
{%- endmacro %}
