{#- The columns in which every platform's staging models agree. -#}
{% macro staged_columns(table_name) -%}
    {%- set provenance = ['observed_date', 'observed_at', 'batch_id', 'source_file', 'source_line', 'is_synthetic'] -%}
    {%- set own = {
        'accounts': [
            'account_native_id', 'handle', 'display_name', 'followers', 'following', 'posts_total',
            'profile_text', 'websites', 'is_verified', 'has_picture',
        ],
        'posts': [
            'post_native_id', 'account_native_id', 'posted_at', 'text', 'raw_text', 'url', 'language', 'kind',
        ] + post_metrics(),
        'timelines': ['account_native_id', 'window_start_at', 'window_end_at', 'posts_read'],
    } -%}
    {{ return(own[table_name] + provenance) }}
{%- endmacro %}

{#- The same table of all platforms' staging, one below the other, with the platform's name. -#}
{% macro all_platforms(table_name) -%}
    {% for platform in var('platforms') %}
    select
        '{{ platform }}' as platform,
        '{{ platform }}' as source,
        {{ staged_columns(table_name) | join(',\n        ') }}
    from {{ ref('stg_' ~ platform ~ '__' ~ table_name) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- The staging of a platform's landed timelines: all platforms land the same record. -#}
{% macro staged_timelines(platform) -%}
with source as (

    {{ landed(platform, 'timelines') }}

),

renamed as (

    select
        account_native_id,
        window_start as window_start_at,
        window_end as window_end_at,
        posts_read,
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
