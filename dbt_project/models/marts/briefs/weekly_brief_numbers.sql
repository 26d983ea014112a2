{% set by_region = [
    'accounts', 'posts', 'engagements_gained', 'engagements_gained_before', 'followers', 'followers_gained',
    'account_days_registered', 'account_days_reported',
] %}

with briefs as (

    select * from {{ ref('int_weekly_brief') }}

),

numbers as (

    {% for name in by_region %}
    select
        region,
        week_start_date,
        '{{ name }}' as name,
        cast({{ name }} as double) as value,
        {{ whole('abs(' ~ name ~ ')') }} as shown,
        'engagement_by_region' as mart,
        is_synthetic
    from briefs
    union all
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
    union all
    {% for name in ['alerts', 'severe_alerts'] %}
    select
        region,
        week_start_date,
        '{{ name }}' as name,
        cast({{ name }} as double) as value,
        {{ whole(name) }} as shown,
        'alerts' as mart,
        is_synthetic
    from briefs
    union all
    {% endfor %}
    select
        region,
        week_start_date,
        'best_post_engagements' as name,
        cast(best_post_engagements as double) as value,
        {{ whole('best_post_engagements') }} as shown,
        'fct_post' as mart,
        is_synthetic
    from briefs

)

select * from numbers where value is not null
