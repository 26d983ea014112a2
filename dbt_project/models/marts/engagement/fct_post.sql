{{ config(
    materialized='incremental',
    unique_key='post_id',
    post_hook="{{ keep_up_with_observations() }}",
) }}

{% if is_incremental() %}
with touched as (

    {{ posts_of_new_builds() }}

    union

    -- Their account was handed to another mission, they are gone from their timeline, or they came back.
    select posts.post_id
    from {{ this }} as posts
    left join {{ ref('int_account_versions') }} as versions
        on
            posts.account_id = versions.account_id
            and posts.posted_date >= versions.attributed_from_date
            and posts.posted_date < versions.attributed_to_date
    left join {{ ref('int_post_deletions') }} as deletions
        on posts.post_id = deletions.post_id
    where
        posts.mission_id is distinct from versions.mission_id
        or posts.deleted_at is distinct from deletions.deleted_at

),

{% else %}
with
{% endif %}
observations as (

    select * from {{ ref('int_post_observations') }}
    {% if is_incremental() %}
    where post_id in (select post_id from touched)
    {% endif %}

),

latest as (

    -- What was last told of each thing; a later observation that leaves a metric out does not undo it.
    select
        post_id,
        min(observed_at) as first_observed_at,
        max(observed_at) as last_observed_at,
        count(*) as observations,
        max_by(platform, observation_number) as platform,
        max_by(post_native_id, observation_number) as post_native_id,
        max_by(account_id, observation_number) as account_id,
        max_by(posted_at, observation_number) as posted_at,
        {% for column in ['text', 'url', 'language', 'kind'] + post_metrics() %}
        max_by({{ column }}, observation_number) filter (where {{ column }} is not null) as {{ column }},
        {% endfor %}
        bool_or(is_synthetic) as is_synthetic
    from observations
    group by post_id

)

select
    latest.post_id,
    latest.platform,
    latest.post_native_id,
    latest.account_id,
    versions.mission_id,
    latest.posted_at,
    cast(latest.posted_at as date) as posted_date,
    latest.kind,
    latest.language,
    latest.text,
    latest.url,
    deletions.deleted_at,
    latest.first_observed_at,
    latest.last_observed_at,
    cast(latest.observations as integer) as observations,
    latest.reactions,
    latest.comments,
    latest.shares,
    latest.quotes,
    latest.saves,
    {{ engagements() }} as engagements,
    latest.impressions,
    latest.reach,
    latest.views,
    latest.clicks,
    latest.is_synthetic
from latest
left join {{ ref('int_account_versions') }} as versions
    on
        latest.account_id = versions.account_id
        and cast(latest.posted_at as date) >= versions.attributed_from_date
        and cast(latest.posted_at as date) < versions.attributed_to_date
left join {{ ref('int_post_deletions') }} as deletions
    on latest.post_id = deletions.post_id
