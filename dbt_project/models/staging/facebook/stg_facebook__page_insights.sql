with source as (

    {{ landed('facebook', 'page_insights') }}

),

renamed as (

    select
        page_id as account_native_id,
        name as metric,
        end_time as ended_at,
        value,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
