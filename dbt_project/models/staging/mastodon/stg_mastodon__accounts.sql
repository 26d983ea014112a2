with source as (

    {{ landed('mastodon', 'accounts') }}

),

renamed as (

    select
        id as account_native_id,
        handle,
        display_name,
        server,
        created_at,
        locked as is_locked,
        limited as is_limited,
        moved_to,
        last_status_at as last_posted_date,
        followers_count as followers,
        following_count as following,
        statuses_count as posts_total,
        {{ plain_text("coalesce(note, '')") }} as profile_text,
        -- Values of the profile's table are HTML: of each link its address.
        array_to_string(regexp_extract_all(replace(fields, '\"', '"'), 'href="([^"]+)"', 1), ' ') as websites,
        regexp_matches(fields, '"verified_at"\s*:\s*"') as is_verified,
        avatar not like '%/missing.png' as has_picture,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
