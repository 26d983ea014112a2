with source as (

    {{ landed('youtube', 'channel_daily') }}

),

renamed as (

    select
        channel_id as account_native_id,
        day as activity_date,
        views,
        estimated_minutes_watched as minutes_watched,
        average_view_duration as average_view_seconds,
        likes as reactions,
        comments,
        shares,
        subscribers_gained as followers_gained,
        subscribers_lost as followers_lost,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
