{{ config(materialized='view') }}

-- Every timeline that was read to its end, all platforms in the same columns.
{{ all_platforms('timelines') }}
