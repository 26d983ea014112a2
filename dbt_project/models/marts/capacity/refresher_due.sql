with last_trainings as (

    select
        officer_id,
        max(trained_date) as last_trained_date
    from {{ ref('int_trainings') }}
    group by officer_id

),

certificates as (

    -- One that does not end outlasts all others.
    select
        officer_id,
        case when count(expires_date) = count(*) then max(expires_date) end as certificate_expires_date
    from {{ ref('fct_certification') }}
    group by officer_id

),

trained as (

    select
        posted.officer_id,
        posted.mission_id,
        posted.as_of_date,
        last_trainings.last_trained_date,
        certificates.certificate_expires_date,
        cast(
            least(
                {{ dbt.dateadd('day', var('refresher_after_days'), 'last_trainings.last_trained_date') }},
                {{ dbt.dateadd('day', 1, 'certificates.certificate_expires_date') }}
            ) as date
        ) as due_date,
        posted.is_synthetic
    from {{ ref('int_posted_officers') }} as posted
    inner join last_trainings
        on posted.officer_id = last_trainings.officer_id
    left join certificates
        on posted.officer_id = certificates.officer_id

)

select
    officer_id,
    mission_id,
    as_of_date,
    last_trained_date,
    cast({{ dbt.datediff(
        'last_trained_date', 'as_of_date', 'day'
    ) }} as integer) as days_since_trained,
    certificate_expires_date,
    due_date,
    due_date <= as_of_date as is_due,
    is_synthetic
from trained
