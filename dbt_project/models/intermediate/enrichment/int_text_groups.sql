-- Texts that say the same, directly or through others, in groups named by their smallest hash. While a new version
-- reads the texts anew, a pair stands as long as one of its texts was last read by the version that found it.
with recursive pairs as (

    select distinct
        duplicates.text_hash,
        duplicates.other_text_hash
    from {{ ref('stg_enrichment__duplicates') }} as duplicates
    inner join {{ ref('int_text_readings') }} as readings
        on
            readings.text_hash in (duplicates.text_hash, duplicates.other_text_hash)
            and duplicates.model = readings.model
            and duplicates.version = readings.version

),

links as (

    select
        text_hash,
        other_text_hash
    from pairs

    union all

    select
        other_text_hash,
        text_hash
    from pairs

),

reached (text_hash, text_group_id) using key (text_hash) as (

    select distinct
        text_hash,
        text_hash as text_group_id
    from links

    union

    -- Each text takes the smallest name that a neighbour has, until no name changes.
    select
        links.text_hash,
        min(news.text_group_id) as text_group_id
    from reached as news
    inner join links on news.text_hash = links.other_text_hash
    inner join recurring.reached as standing on links.text_hash = standing.text_hash
    where news.text_group_id < standing.text_group_id
    group by links.text_hash

)

select
    text_hash,
    text_group_id
from reached
