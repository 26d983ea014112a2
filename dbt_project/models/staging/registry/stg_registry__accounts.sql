with source as (

    {{ landed('registry', 'accounts') }}

),

renamed as (

    select
        platform,
        handle,
        native_id,
        mission_id,
        display_name,
        registered_from as registered_from_date,
        registered_until as registered_until_date,
        -- A register that tells a thing of no account that day does not keep it: NULL, not none.
        language,
        is_official,
        case
            when bool_or(coalesce(owner, second_owner) is not null) over (partition by date)
                then len(list_distinct(list_value(lower(trim(owner)), lower(trim(second_owner)))))
        end as owners,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
