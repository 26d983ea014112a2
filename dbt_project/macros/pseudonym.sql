{#- A person's pseudonym: a keyed hash, so that without the key no list of service numbers leads back to it.
    The key is read from its file by the database, so it stands in no compiled SQL and no log. -#}
{% macro pseudonym(person_id) -%}
    {%- set key = "(select trim(content) from read_text('" ~ env_var('SIFARAT_PSEUDONYM_KEY_FILE') ~ "'))" -%}
    'officer-' || left(sha256({{ key }} || sha256({{ key }} || {{ person_id }})), 20)
{%- endmacro %}
