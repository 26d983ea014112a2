{#- A figure about fewer people than this is as good as naming them. Nobody at all is no group. -#}
{% macro is_small(count_column) -%}
    coalesce({{ count_column }}, 0) between 1 and {{ var('smallest_group') }} - 1
{%- endmacro %}

{#- The columns named after `count_column`, each NULL where fewer people than the smallest group stand behind it; name
    the count itself among them. Example: suppress_small('officers', 'officers', 'mean_score'). -#}
{% macro suppress_small(count_column) -%}
    {%- for column in varargs %}
    case when not ({{ is_small(count_column) }}) then {{ column }} end as {{ column }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
