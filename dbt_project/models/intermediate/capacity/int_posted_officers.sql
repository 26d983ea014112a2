-- Who serves where on the last day that the landing tells of. Staff lists name everybody: once there is one, an officer
-- whom none names, or whom the last leaves out, is posted nowhere.
with told as (

    select max(observed_date) as as_of_date
    from {{ ref('stg_landing__batches') }}

),

officers as (

    select
        *,
        bool_or(valid_from_date is not null) over () as has_staff_list
    from {{ ref('dim_officer') }}

)

select
    officers.officer_id,
    officers.mission_id,
    told.as_of_date,
    officers.is_synthetic
from officers
cross join told
where
    coalesce(officers.valid_from_date <= told.as_of_date, not officers.has_staff_list)
    and (officers.valid_to_date is null or officers.valid_to_date > told.as_of_date)
