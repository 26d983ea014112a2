{#- One row per day from `first` to `last`, both included, in the column `day`. -#}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 day))
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    explode(sequence(cast({{ first }} as date), cast({{ last }} as date), interval 1 day))
{%- endmacro %}
