{% set by_mart = {
    'engagement_by_region': [
        'accounts', 'posts', 'engagements_gained', 'engagements_gained_before', 'followers', 'followers_gained',
        'account_days_registered', 'account_days_reported',
    ],
    'alerts': ['alerts', 'severe_alerts'],
    'fct_post': ['best_post_engagements'],
} %}

with briefs as (

    select * from {{ ref('int_weekly_brief') }}

),

numbers as (

    {% for mart, names in by_mart.items() %}
    {% for name in names %}
    select
        region,
        week_start_date,
        '{{ name }}' as name,
        cast({{ name }} as double) as value,
        {{ whole('abs(' ~ name ~ ')') }} as shown,
        '{{ mart }}' as mart,
        is_synthetic
    from briefs
    union all
    {% endfor %}
    {% endfor %}
    select
        region,
        week_start_date,
        'engagements_change' as name,
        engagements_change as value,
        {{ percent('abs(engagements_change)') }} as shown,
        'engagement_by_region' as mart,
        is_synthetic
    from briefs

)

select * from numbers
where value is not null
