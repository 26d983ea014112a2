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

{#- Whether the count of one group of a breakdown is kept back: it is small, or a small one could be had by taking it
    and the others from the total. From the smallest group on, so many are kept back that they are two at least and
    together no small group. `breakdown` are the columns that the groups of one total share; `group` tells them apart. -#}
{% macro is_kept_back(count_column, breakdown, group) -%}
    {%- set smaller -%}
        over (
            partition by {{ breakdown }} order by {{ count_column }}, {{ group }}
            rows between unbounded preceding and 1 preceding
        )
    {%- endset -%}
    coalesce({{ count_column }}, 0) > 0
    and bool_or({{ is_small(count_column) }}) over (partition by {{ breakdown }})
    and (
        {{ is_small(count_column) }}
        or count(nullif({{ count_column }}, 0)) {{ smaller }} < 2
        or sum({{ count_column }}) {{ smaller }} < {{ var('smallest_group') }}
    )
{%- endmacro %}
