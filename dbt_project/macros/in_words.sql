{#- A count as people write it: 12,345. -#}
{% macro whole(value) -%}
    format('{:,}', cast(round({{ value }}) as bigint))
{%- endmacro %}

{#- A share as people write it: 12%. -#}
{% macro percent(value) -%}
    format('{}%', cast(round(100 * {{ value }}) as bigint))
{%- endmacro %}

{#- A count and what is counted: 1 post, 2 posts. -#}
{% macro counted(value, noun) -%}
    {{ whole(value) }} || case when {{ value }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}
