{{ config(schema='restricted') }}

with source as (

    {{ landed('sheets', 'sessions') }}

),

renamed as (

    select
        session_id,
        course_id,
        title,
        starts_at,
        ends_at,
        zoom_meeting_id,
        teams_meeting_id,
        present_share,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
