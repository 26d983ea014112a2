select
    posts.post_id,
    posts.account_id,
    posts.mission_id,
    posts.posted_date,
    {{ text_hash('posts.text') }} as text_hash,
    readings.text_hash is not null as is_read,
    readings.language,
    readings.language_confidence,
    readings.topic_id,
    readings.topic_score,
    readings.tone,
    readings.tone_score,
    readings.model,
    readings.version,
    readings.read_at,
    posts.is_synthetic
from {{ ref('fct_post') }} as posts
left join {{ ref('int_text_readings') }} as readings
    on {{ text_hash('posts.text') }} = readings.text_hash
