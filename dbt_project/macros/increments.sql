{#- Incremental models of posts. `int_post_observations` takes the landed batches that it does not hold yet and numbers
    the builds in which it took some. A model after it computes the posts of the builds since its own last one anew;
    `build_marks` keeps, in the same transaction as the model itself, how far that was. -#}

{% macro create_build_marks() -%}
    create schema if not exists {{ target.database }}.intermediate;
    create table if not exists {{ build_marks() }} (model varchar not null, build_number bigint not null)
{%- endmacro %}

{% macro build_marks() -%}
    {{ target.database }}.intermediate.build_marks
{%- endmacro %}

{#- The ledger's batches of posts. What was landed anew under the same name is another batch. -#}
{% macro batches_of_posts() -%}
    select
        source,
        batch_id,
        observed_date,
        md5(source || '|' || batch_id || '|' || observed_date || '|' || sha256) as batch_key
    from {{ ref('stg_landing__batches') }}
    where table_name = 'posts' and landed > 0
{%- endmacro %}

{#- The days on which batches lie that the model does not hold yet, as literals: with them DuckDB opens no other file. -#}
{% macro days_to_take() -%}
    {%- set days = run_query(
        "select distinct observed_date from (" ~ batches_of_posts() ~ ") as batches "
        ~ "where batch_key not in (select batch_key from " ~ this ~ ")"
    ).columns[0].values() -%}
    {%- for day in days %}'{{ day }}'{{ ', ' if not loop.last }}{% else %}null{% endfor -%}
{%- endmacro %}

{#- Posts that were observed anew, or whose observations were withdrawn in part, since the model was last built. -#}
{% macro posts_of_new_builds() -%}
    select post_id
    from {{ ref('int_post_observations') }}
    where build_number > coalesce(
        (select max(build_number) from {{ build_marks() }} where model = '{{ this.identifier }}'), 0
    )
{%- endmacro %}

{#- After a model was built: posts without any observation left are gone, and the model has come as far as its source. -#}
{% macro keep_up_with_observations() -%}
    delete from {{ this }}
    where post_id not in (select post_id from {{ ref('int_post_observations') }});
    delete from {{ build_marks() }}
    where model = '{{ this.identifier }}';
    insert into {{ build_marks() }}
    select '{{ this.identifier }}', coalesce(max(build_number), 0)
    from {{ ref('int_post_observations') }}
{%- endmacro %}
