select
    topic_id,
    name,
    description
from {{ ref('topics') }}
