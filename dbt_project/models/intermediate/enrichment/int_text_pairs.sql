-- Texts that say the same, each pair from both sides. While a new version reads the texts anew, a pair stands as long
-- as one of its texts was last read by the version that found it.
with pairs as (

    select distinct
        duplicates.text_hash,
        duplicates.other_text_hash
    from {{ ref('stg_enrichment__duplicates') }} as duplicates
    inner join {{ ref('int_text_readings') }} as readings
        on
            readings.text_hash in (duplicates.text_hash, duplicates.other_text_hash)
            and duplicates.model = readings.model
            and duplicates.version = readings.version

)

select
    text_hash,
    other_text_hash
from pairs

union all

select
    other_text_hash,
    text_hash
from pairs
