with source as (

    {{ landed('platform_exports', 'posts') }}

),

renamed as (

    select
        platform,
        post_id as post_native_id,
        account_handle as handle,
        account_native_id,
        posted_at,
        {{ unescape_html('text') }} as text,
        text as raw_text,
        url,
        language,
        kind,
        reactions,
        comments,
        shares,
        quotes,
        saves,
        impressions,
        reach,
        views,
        clicks,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
