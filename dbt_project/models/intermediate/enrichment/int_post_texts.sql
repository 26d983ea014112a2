{{ config(materialized='view') }}

-- A view: what a night landed can be read through it before the night's build.
select
    {{ text_hash('text') }} as text_hash,
    text,
    min(posted_at) as first_posted_at,
    max(posted_at) as last_posted_at
from {{ ref('int_platform_posts') }}
where text is not null
group by text
