{{ config(materialized='view') }}

-- Every landed observation of a post, all platforms and the files exported from them in the same columns.
with platforms as (

    {{ all_platforms('posts') }}

),

platform_exports as (

    select
        platform,
        'platform_exports' as source,
        handle,
        {{ staged_columns('posts') | join(',\n        ') }}
    from {{ ref('stg_platform_exports__posts') }}

)

select
    platform,
    source,
    cast(null as varchar) as handle,
    {{ staged_columns('posts') | join(',\n    ') }}
from platforms

union all

select
    platform,
    source,
    handle,
    {{ staged_columns('posts') | join(',\n    ') }}
from platform_exports
