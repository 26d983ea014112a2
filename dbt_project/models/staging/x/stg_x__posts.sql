with source as (

    {{ landed('x', 'posts') }}

),

renamed as (

    select
        id as post_native_id,
        author_id as account_native_id,
        created_at as posted_at,
        {{ unescape_html('text') }} as text,
        text as raw_text,
        'https://x.com/i/status/' || id as url,
        lang as language,
        case referenced_type
            when 'retweeted' then 'repost'
            when 'quoted' then 'quote'
            when 'replied_to' then 'reply'
            else 'original'
        end as kind,
        referenced_id as referenced_post_native_id,
        like_count as reactions,
        reply_count as comments,
        repost_count as shares,
        quote_count as quotes,
        bookmark_count as saves,
        impression_count as impressions,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
