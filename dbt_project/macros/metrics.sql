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

{#- A rate of engagements over a denominator that the column's name tells; NULL without a denominator. -#}
{% macro engagement_rate(engagements, denominator) -%}
    case when {{ denominator }} > 0 then cast({{ engagements }} as double) / {{ denominator }} end
{%- endmacro %}
