{#- An ISO 8601 duration of days, hours, minutes and seconds (P1DT2H3M4S) in seconds; NULL for none. -#}
{% macro seconds_of_duration(duration) -%}
    case
        when {{ duration }} is not null
            then
                {%- for letter, seconds in [('D', 86400), ('H', 3600), ('M', 60), ('S', 1)] %}
                {{ '+ ' if not loop.first }}coalesce(
                    cast(nullif(regexp_extract({{ duration }}, '([0-9]+){{ letter }}', 1), '') as bigint), 0
                ) * {{ seconds }}
                {%- endfor %}
    end
{%- endmacro %}
