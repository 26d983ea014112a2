{#- The text that a browser would show of HTML: a line break for each that it would show, an empty line between
    paragraphs, no tags, entities as the characters they stand for. -#}
{% macro plain_text(html) -%}
    {{ return(adapter.dispatch('plain_text')(html)) }}
{%- endmacro %}

{% macro default__plain_text(html) -%}
    {%- set broken = "regexp_replace(" ~ html ~ ", '<br[^>]*>|</li>', chr(10), 'gi')" -%}
    {%- set apart = "regexp_replace(" ~ broken ~ ", '</(p|h[1-6]|ul|ol|blockquote|pre)>', chr(10) || chr(10), 'gi')" -%}
    {{ unescape_html("rtrim(regexp_replace(" ~ apart ~ ", '<[^>]*>', '', 'g'), chr(10))") }}
{%- endmacro %}

{% macro spark__plain_text(html) -%}
    {%- set broken = "regexp_replace(" ~ html ~ ", '(?i)<br[^>]*>|</li>', chr(10))" -%}
    {%- set apart = "regexp_replace(" ~ broken ~ ", '(?i)</(p|h[1-6]|ul|ol|blockquote|pre)>', chr(10) || chr(10))" -%}
    {{ unescape_html("rtrim(chr(10), regexp_replace(" ~ apart ~ ", '<[^>]*>', ''))") }}
{%- endmacro %}
