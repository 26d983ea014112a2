-- One version per span of observed days on which the platform told the same of an account: days between two
-- observations count for the earlier.
{% set told = ['handle', 'display_name', 'is_verified', 'profile_text', 'websites', 'has_picture'] %}
with days as (

    select
        account_id,
        observed_date,
        platform,
        {{ told | join(',\n        ') }},
        is_synthetic
    from {{ ref('int_account_observations') }}
    where is_last_of_day

),

compared as (

    select
        *,
        row_number() over by_day = 1 as is_first,
        concat_ws(
            ', ',
            {% for column in told %}
            case when {{ column }} is distinct from lag({{ column }}) over by_day then '{{ column }}' end
            {{- ',' if not loop.last }}
            {% endfor %}
        ) as changes
    from days
    window by_day as (partition by account_id order by observed_date)

)

select
    account_id,
    observed_date as valid_from_date,
    lead(observed_date) over (partition by account_id order by observed_date) as valid_to_date,
    lead(observed_date) over (partition by account_id order by observed_date) is null as is_current,
    platform,
    {{ told | join(',\n    ') }},
    case when not is_first then changes end as changes,
    is_synthetic
from compared
where is_first or changes != ''
