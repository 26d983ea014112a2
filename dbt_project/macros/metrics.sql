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

{#- How a post did against what was expected of it, as CrowdTangle scored it. At or above it, actual ÷ expected;
    below it, −expected ÷ actual; −2 × expected without any engagement. The smaller of the two, where it divides,
    counts as at least the minimum, so that three engagements against an expected one are no feat.
    Source: help.crowdtangle.com/en/articles/2013937 (last 100 posts, middle half, same age; minimum 10 in its
    example 9 ÷ 10 = 0.9 against an expected 2). -#}
{% macro overperformance(actual, expected) -%}
    {%- set minimum = var('overperformance_minimum') -%}
    case
        when {{ actual }} >= {{ expected }} then {{ actual }} / greatest({{ expected }}, {{ minimum }})
        when {{ expected }} < {{ minimum }} then -1.0 * {{ expected }} / {{ minimum }}
        when {{ actual }} = 0 then -2.0 * {{ expected }}
        when {{ actual }} < {{ expected }} then -1.0 * {{ expected }} / {{ actual }}
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
