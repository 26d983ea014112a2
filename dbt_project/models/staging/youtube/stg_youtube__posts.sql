with source as (

    {{ landed('youtube', 'posts') }}

),

renamed as (

    select
        id as post_native_id,
        channel_id as account_native_id,
        published_at as posted_at,
        title || coalesce(chr(10) || chr(10) || nullif(description, ''), '') as text,
        title || coalesce(chr(10) || chr(10) || nullif(description, ''), '') as raw_text,
        title,
        description,
        'https://www.youtube.com/watch?v=' || id as url,
        language,
        'original' as kind,
        -- A broadcast that goes on has no length yet; YouTube writes P0D.
        nullif({{ seconds_of_duration('duration') }}, 0) as duration_seconds,
        coalesce(live_scheduled_at, live_started_at) is not null as is_live_stream,
        live_started_at,
        live_ended_at,
        like_count as reactions,
        comment_count as comments,
        cast(null as bigint) as shares,
        cast(null as bigint) as quotes,
        cast(null as bigint) as saves,
        cast(null as bigint) as impressions,
        cast(null as bigint) as reach,
        view_count as views,
        cast(null as bigint) as clicks,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
