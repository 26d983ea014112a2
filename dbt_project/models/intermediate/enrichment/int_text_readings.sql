-- What the newest version of the models told of each text; older readings stay in the landing.
with ranked as (

    select
        *,
        row_number() over (
            partition by text_hash
            order by observed_at desc, version desc, model desc, batch_id desc
        ) as recency
    from {{ ref('stg_enrichment__texts') }}

)

select
    text_hash,
    model,
    version,
    language,
    language_confidence,
    topic_id,
    topic_score,
    tone,
    tone_score,
    observed_at as read_at
from ranked
where recency = 1
