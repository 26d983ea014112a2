{#- The landed rows of a table whose batches the ledger has committed: what a crash left behind is not read. -#}
{% macro landed(source_name, table_name) -%}
    select *
    from {{ source(source_name, table_name) }}
    where (batch_id, date) in (
        select
            batch_id,
            observed_date
        from {{ ref('stg_landing__batches') }}
        where source = '{{ source_name }}' and table_name = '{{ table_name }}'
    )
{%- endmacro %}
