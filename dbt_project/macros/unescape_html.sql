{#- A text with the entities that platforms write for characters of HTML as those characters. `&amp;` comes last,
    so that `&amp;lt;` becomes `&lt;`, as a browser would show it. -#}
{% macro unescape_html(text) -%}
    {%- set characters = [
        ('&lt;', '<'), ('&gt;', '>'), ('&quot;', '"'), ('&#34;', '"'), ('&apos;', "''"), ('&#39;', "''"),
        ('&#039;', "''"), ('&#x27;', "''"), ('&amp;', '&'),
    ] -%}
    {%- set unescaped = namespace(sql=text) -%}
    {%- for entity, character in characters -%}
        {%- set unescaped.sql = "replace(" ~ unescaped.sql ~ ", '" ~ entity ~ "', '" ~ character ~ "')" -%}
    {%- endfor -%}
    {{ unescaped.sql }}
{%- endmacro %}
