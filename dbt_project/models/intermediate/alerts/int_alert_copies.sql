select
    post_id,
    first_post_id,
    account_id,
    cast(posted_at as date) as posted_date
from {{ ref('post_duplicates') }}
