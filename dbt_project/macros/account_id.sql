{#- An account by its platform and the platform's own id; by its handle, in lower case, where no id is known. -#}
{% macro account_id(platform, native_id, handle) -%}
    {{ platform }} || ':' || coalesce({{ native_id }}, lower({{ handle }}))
{%- endmacro %}
