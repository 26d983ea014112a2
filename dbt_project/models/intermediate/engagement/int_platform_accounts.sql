{{ config(materialized='view') }}

-- Every landed observation of an account, all platforms in the same columns.
{{ all_platforms('accounts') }}
