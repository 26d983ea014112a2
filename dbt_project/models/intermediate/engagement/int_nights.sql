-- Days on which a night read at least one platform.
select distinct observed_date
from {{ ref('stg_landing__batches') }}
where
    table_name = 'accounts'
    and source in (
        {% for platform in var('platforms') %}
        '{{ platform }}'{{ ',' if not loop.last }}
        {% endfor %}
    )
