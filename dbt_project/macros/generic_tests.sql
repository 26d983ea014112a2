{#- The grain: no two rows agree in all of the columns. -#}
{% test unique_together(model, columns) %}
    select
        {{ columns | join(',\n        ') }},
        count(*) as rows_found
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{#- The condition holds in every row; NULL counts as broken. -#}
{% test holds(model, condition) %}
    select *
    from {{ model }}
    where not coalesce({{ condition }}, false)
{% endtest %}
