{{ config(schema='restricted') }}

with source as (

    {{ landed('zoom', 'participants') }}

),

renamed as (

    select
        meeting_key,
        meeting_id,
        topic,
        meeting_started_at,
        meeting_ended_at,
        participant_key,
        name,
        original_name,
        email,
        joined_at,
        left_at,
        duration_seconds,
        role,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
