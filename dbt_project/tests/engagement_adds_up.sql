-- Of each account at each mission that held it, days, weeks and months have the totals of its posts and of its days; in
-- each period missions, regions and platforms have the totals of the accounts.
{% set measures = ['posts', 'reposts', 'engagements', 'engagements_gained', 'followers_gained'] %}
{% set totals = [] %}
{% for measure in measures %}
{% do totals.append('sum(' ~ measure ~ ') as ' ~ measure) %}
{% endfor %}
with lifetimes as (

    select
        account_id,
        mission_id,
        {{ totals | join(',\n        ') }}
    from (
        select
            account_id,
            mission_id,
            posts,
            reposts,
            cast(null as bigint) as engagements,
            engagements_gained,
            followers_gained
        from {{ ref('fct_account_daily') }}

        union all

        select
            account_id,
            mission_id,
            0 as posts,
            0 as reposts,
            engagements,
            cast(null as bigint) as engagements_gained,
            cast(null as bigint) as followers_gained
        from {{ ref('fct_post') }}
    ) as told
    group by account_id, mission_id

),

of_accounts as (

    select
        account_id || ' at ' || mission_id as what,
        period_grain as told_by,
        {{ totals | join(',\n        ') }}
    from {{ ref('engagement_by_account') }}
    group by account_id, mission_id, period_grain

    union all

    select
        account_id || ' at ' || mission_id as what,
        'lifetime' as told_by,
        {{ measures | join(',\n        ') }}
    from lifetimes

),

of_periods as (

    {% for report in ['account', 'mission', 'region', 'platform'] %}
    select
        period_grain || ' from ' || period_start_date as what,
        '{{ report }}' as told_by,
        {{ totals | join(',\n        ') }}
    from {{ ref('engagement_by_' ~ report) }}
    group by period_grain, period_start_date
    {{ 'union all' if not loop.last }}
    {% endfor %}

    union all

    -- A mission has what the accounts it held have.
    {% for report in ['account', 'mission'] %}
    select
        mission_id || ', ' || period_grain || ' from ' || period_start_date as what,
        '{{ report }}' as told_by,
        {{ totals | join(',\n        ') }}
    from {{ ref('engagement_by_' ~ report) }}
    group by mission_id, period_grain, period_start_date
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

totals as (

    select * from of_accounts
    union all
    select * from of_periods

)

select
    what,
    {{ dbt.listagg('told_by', "', '", 'order by told_by') }} as told_by
from totals
group by what
having
    -- A row of columns, which sqlfluff takes for a call of a function.
    count(distinct ({{ measures | join(', ') }})) > 1  -- noqa: LT01, LT06
    -- Each is told by all four: three grains and the lifetime, or four reports; a mission by two.
    or count(*) not in (2, 4)
