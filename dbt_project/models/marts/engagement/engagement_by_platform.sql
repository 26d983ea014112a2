with keyed as (

    select * from {{ ref('int_account_periods') }}

),

{{ engagement_by(['keyed.platform']) }}

select * from engagement
