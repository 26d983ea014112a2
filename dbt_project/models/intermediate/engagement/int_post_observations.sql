{{ config(
    materialized='incremental',
    unique_key='post_id',
    post_hook="{% if is_incremental() %} delete from {{ this }} where batch_key not in (select batch_key from ({{ batches_of_posts() }}) as batches) {% endif %}",
) }}

-- Every landed observation of a post, with its account, its engagements and its place in time.
{% set columns = [
    'platform', 'source', 'handle', 'post_native_id', 'account_native_id', 'posted_at', 'text', 'url', 'language', 'kind',
] + post_metrics() + ['observed_date', 'observed_at', 'batch_id', 'source_file', 'source_line', 'is_synthetic'] %}

with batches as (

    {{ batches_of_posts() }}

),

taken as (

    select
        {% for column in columns %}
        posts.{{ column }},
        {% endfor %}
        batches.batch_key
    from {{ ref('int_platform_posts') }} as posts
    inner join batches
        on
            posts.source = batches.source
            and posts.batch_id = batches.batch_id
            and posts.observed_date = batches.observed_date
    {% if is_incremental() %}
    where
        posts.observed_date in ({{ days_to_take() }})
        and batches.batch_key not in (select batch_key from {{ this }})
    {% endif %}

),

{% if is_incremental() %}
touched as (

    -- Observed anew; observed by a batch that was withdrawn since; of a handle that is now known to be another account's.
    select platform || ':' || post_native_id as post_id
    from taken

    union

    select post_id
    from {{ this }}
    where batch_key not in (select batch_key from batches)

    union

    select held.post_id
    from {{ this }} as held
    left join {{ ref('int_account_handles') }} as handles
        on held.platform = handles.platform and lower(held.handle) = handles.handle
    where
        held.account_native_id is null
        and held.account_id is distinct from {{ account_id('held.platform', 'handles.native_id', 'held.handle') }}

),

held as (

    select
        {{ columns | join(',\n        ') }},
        batch_key
    from {{ this }}
    where
        post_id in (select post_id from touched)
        and batch_key in (select batch_key from batches)

),
{% endif %}

observations as (

    select * from taken
    {% if is_incremental() %}
    union all
    select * from held
    {% endif %}

),

identified as (

    select
        observations.*,
        observations.platform || ':' || observations.post_native_id as post_id,
        {{ account_id(
            'observations.platform',
            'coalesce(observations.account_native_id, handles.native_id)',
            'observations.handle'
        ) }} as account_id,
        {{ engagements() }} as engagements
    from observations
    left join {{ ref('int_account_handles') }} as handles
        on observations.platform = handles.platform and lower(observations.handle) = handles.handle

),

ranked as (

    -- Places are those of time, not of arrival; the same landed rows in any order give the same marts.
    select
        *,
        row_number() over (
            partition by post_id
            order by observed_at, batch_id, source_line, source_file
        ) as observation_number,
        {{ recency('post_id, observed_date') }} as recency_of_day
    from identified

)

select
    post_id,
    observed_date,
    observed_at,
    observation_number,
    recency_of_day = 1 as is_last_of_day,
    platform,
    post_native_id,
    account_id,
    account_native_id,
    handle,
    posted_at,
    text,
    url,
    language,
    kind,
    reactions,
    comments,
    shares,
    quotes,
    saves,
    engagements,
    impressions,
    reach,
    views,
    clicks,
    source,
    batch_id,
    source_file,
    source_line,
    is_synthetic,
    batch_key,
    -- Grows from build to build, also when the clock was set back and when all was built anew.
    greatest(
        epoch_us(get_current_timestamp()){% if is_incremental() %},
        coalesce((select max(build_number) from {{ this }}), 0) + 1{% endif %}
    ) as build_number
from ranked
