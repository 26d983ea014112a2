{{ config(schema='restricted') }}

{{ staged_participants('zoom') }}
