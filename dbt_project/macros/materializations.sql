{#- Tables and views are replaced in one transaction, as DuckDB can. dbt-duckdb's own materializations build under
    another name, rename twice and drop, and dbt makes a namespace of all macros anew for each of these steps. -#}

{% materialization table, adapter="duckdb", supported_languages=['sql', 'python'] %}
    {%- set replaced = in_place_of_another_type('table') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main', language=model['language']) -%}
        {%- if model['language'] == 'python' -%}
            {{ written_by_python(replaced) }}
        {%- else -%}
            drop table if exists {{ replaced }};
            {{ create_table_as(false, replaced, compiled_code) }};
            {{ comments(replaced, model) }}
        {%- endif -%}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [replaced]}) }}
{% endmaterialization %}

{#- A Python model has a connection, and so a transaction, of its own. -#}
{% macro written_by_python(relation) -%}
{{ model['compiled_code'] }}

def materialize(df, con):
    con.register('built', df)
    con.execute('create or replace table {{ relation }} as select * from built')
    con.unregister('built')
{%- endmacro %}

{% materialization view, adapter="duckdb" %}
    {%- set replaced = in_place_of_another_type('view') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        create or replace view {{ replaced }} as (
            {{ compiled_code }}
        );
        {{ comments(replaced, model) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [replaced]}) }}
{% endmaterialization %}

{#- The model's own relation. What stands there as another type, since the model was materialized otherwise before, is
    dropped: no statement replaces a view by a table. -#}
{% macro in_place_of_another_type(type) %}
    {%- set standing = load_cached_relation(this) -%}
    {%- if standing is not none and standing.type != type -%}
        {% do adapter.drop_relation(standing) %}
    {%- endif -%}
    {{ return(this.incorporate(type=type)) }}
{% endmacro %}

{#- The descriptions of a model and its columns, where persist_docs asks for them. dbt's own looks the columns up twice
    first; here a contract has compared them. -#}
{% macro comments(relation, model) %}
    {%- if config.persist_relation_docs() and model.description %}
        {{ alter_relation_comment(relation, model.description) }}
    {%- endif %}
    {%- if config.persist_column_docs() %}
        {%- for column in model.columns.values() if column.description %}
            comment on column {{ relation }}.{{ adapter.quote(column.name) }}
                is {{ duckdb_escape_comment(column.description) }};
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- Incremental models, which dbt-duckdb materializes. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {%- set told = comments(relation, model) | trim -%}
    {%- if told %}
        {% do run_query(told) %}
    {%- endif %}
{% endmacro %}
