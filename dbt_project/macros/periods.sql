{#- Periods that reports are made of. A week is an ISO week: it begins on Monday. -#}
{% macro period_grains() -%}
    {{ return(['day', 'week', 'month']) }}
{%- endmacro %}

{#- Numerators and denominators of the three engagement rates: a rate of any cut is sum over sum. -#}
{% macro rate_parts() -%}
    {{ return([
        'engagements_with_followers', 'followers_of_posts', 'engagements_with_reach', 'reach_of_posts',
        'engagements_with_impressions', 'impressions_of_posts',
    ]) }}
{%- endmacro %}

{#- The engagement of whatever the keys tell apart, by day, week and month. -#}
{% macro engagement_by(keys) -%}
periods as (

    select distinct
        period_grain,
        period_start_date,
        cast(case period_grain
            when 'day' then period_start_date
            when 'week' then period_start_date + interval 6 day
            else period_start_date + interval 1 month - interval 1 day
        end as date) as period_end_date
    from {{ ref('int_account_periods') }}

),

nights as (

    select
        periods.period_grain,
        periods.period_start_date,
        periods.period_end_date,
        count(nights.observed_date)
            = {{ dbt.datediff('periods.period_start_date', 'periods.period_end_date', 'day') }} + 1 as is_complete
    from periods
    left join {{ ref('int_nights') }} as nights
        on nights.observed_date between periods.period_start_date and periods.period_end_date
    group by periods.period_grain, periods.period_start_date, periods.period_end_date

),

engagement as (

    select
        {{ keys | join(',\n        ') }},
        keyed.period_grain,
        keyed.period_start_date,
        nights.period_end_date,
        nights.is_complete,
        cast(sum(keyed.accounts) as integer) as accounts,
        cast(sum(keyed.account_days_registered) as integer) as account_days_registered,
        cast(sum(keyed.account_days_reported) as integer) as account_days_reported,
        cast(sum(keyed.followers) as bigint) as followers,
        cast(sum(keyed.followers_gained) as bigint) as followers_gained,
        {{ rate('sum(keyed.followers_gained)', 'sum(keyed.followers_before)') }} as follower_growth,
        cast(sum(keyed.posts) as integer) as posts,
        cast(sum(keyed.reposts) as integer) as reposts,
        cast(sum(keyed.posts_deleted) as integer) as posts_deleted,
        {% for measure in post_metrics() + ['engagements'] + rate_parts() %}
        cast(sum(keyed.{{ measure }}) as bigint) as {{ measure }},
        {% endfor %}
        cast(sum(keyed.engagements_gained) as bigint) as engagements_gained,
        cast(sum(keyed.engagements_gained_over_gaps) as bigint) as engagements_gained_over_gaps,
        cast(sum(keyed.impressions_gained) as bigint) as impressions_gained,
        cast(sum(keyed.views_gained) as bigint) as views_gained,
        {% for denominator in ['followers', 'reach', 'impressions'] %}
        {{ rate('sum(keyed.engagements_with_' ~ denominator ~ ')', 'sum(keyed.' ~ denominator ~ '_of_posts)') }}
            as engagement_rate_by_{{ denominator }},
        {% endfor %}
        bool_or(keyed.is_synthetic) as is_synthetic
    from keyed
    inner join nights
        on keyed.period_grain = nights.period_grain and keyed.period_start_date = nights.period_start_date
    group by
        {{ keys | join(', ') }}, keyed.period_grain, keyed.period_start_date, nights.period_end_date,
        nights.is_complete

)
{%- endmacro %}
