{{ config(schema='restricted') }}

{{ staged_participants('teams') }}
