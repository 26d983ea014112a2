{#- By which a text is known to the models that read it: each text is read once, wherever it is posted. -#}
{% macro text_hash(text) -%}
    {{ dbt.hash(text) }}
{%- endmacro %}
