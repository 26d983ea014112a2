{#- The grain: no two rows agree in all of the columns, and none lacks one of those that are never NULL. -#}
{% test grain(model, columns, never_null=none) %}
    select
        {{ columns | join(',\n        ') }},
        count(*) as rows_found
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in never_null or columns %}
        or count({{ column }}) < count(*)
        {%- endfor %}
{% endtest %}

{#- The condition holds in every row; NULL counts as broken. -#}
{% test holds(model, condition) %}
    select *
    from {{ model }}
    where not coalesce({{ condition }}, false)
{% endtest %}
