{#- What a platform may report of a post, cumulative since it was posted. -#}
{% macro post_metrics() -%}
    {{ return(['reactions', 'comments', 'shares', 'quotes', 'saves', 'impressions', 'reach', 'views', 'clicks']) }}
{%- endmacro %}

{#- Engagements: reactions + comments + shares + quotes + saves, of those that the platform reports; NULL when it
    reports none of them. Views, reach and clicks are no engagement. -#}
{% macro engagements() -%}
    case
        when coalesce(reactions, comments, shares, quotes, saves) is not null
            then coalesce(reactions, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(quotes, 0)
                + coalesce(saves, 0)
    end
{%- endmacro %}

{#- A rate over a denominator that the column's name tells; NULL without a denominator. -#}
{% macro rate(numerator, denominator) -%}
    case when {{ denominator }} > 0 then cast({{ numerator }} as double) / {{ denominator }} end
{%- endmacro %}

{#- The mean of the middle half of a list: a quarter of its values, rounded down, is dropped at either end. -#}
{% macro mean_of_middle_half(values) -%}
    {{ return(adapter.dispatch('mean_of_middle_half')(values)) }}
{%- endmacro %}

{% macro default__mean_of_middle_half(values) -%}
    list_avg(list_slice(list_sort({{ values }}), len({{ values }}) // 4 + 1, len({{ values }}) - len({{ values }}) // 4))
{%- endmacro %}

{#- How a post did against what was expected of it, as CrowdTangle scored it. At or above it, actual ÷ expected; below
    it, −expected ÷ actual, where no engagement counts as half of one. A divisor is at least the minimum where fewer
    were expected than that: three engagements against an expected one are no feat, and one against three no failure.
    Source: help.crowdtangle.com/en/articles/2013937 (last 100 posts, middle half, same age; −400 for none against an
    expected 200; 9 ÷ 10 = 0.9 against an expected 2 with a minimum of 10). -#}
{% macro overperformance(actual, expected) -%}
    {%- set minimum = var('overperformance_minimum') -%}
    case
        when {{ actual }} >= {{ expected }} then {{ actual }} / greatest({{ expected }}, {{ minimum }})
        when {{ expected }} < {{ minimum }} then -1.0 * {{ expected }} / {{ minimum }}
        else -1.0 * {{ expected }} / greatest({{ actual }}, 0.5)
    end
{%- endmacro %}

{#- A time in UTC as the clock of a time zone shows it. -#}
{% macro local_time(at, zone) -%}
    {{ return(adapter.dispatch('local_time')(at, zone)) }}
{%- endmacro %}

{% macro default__local_time(at, zone) -%}
    timezone({{ zone }}, timezone('UTC', {{ at }}))
{%- endmacro %}

{% macro spark__local_time(at, zone) -%}
    from_utc_timestamp({{ at }}, {{ zone }})
{%- endmacro %}
