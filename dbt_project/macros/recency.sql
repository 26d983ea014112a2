{#- Place among what was told of the same thing, 1 for the last told. The order is that of time, then of the landed
    batch and line, so that the same landing always gives the same one. `of` is the relation that told it. -#}
{% macro recency(keys, of=none) -%}
    {%- set told = of ~ '.' if of else '' -%}
    row_number() over (
        partition by {{ keys }}
        order by
            {{ told }}observed_at desc, {{ told }}batch_id desc, {{ told }}source_line desc, {{ told }}source_file desc
    )
{%- endmacro %}
