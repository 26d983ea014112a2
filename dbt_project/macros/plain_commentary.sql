{#- The text that LinkedIn shows of its "little" format: mentions as their names, hashtags as such, escapes undone. -#}
{% macro plain_commentary(commentary) -%}
    {{ return(adapter.dispatch('plain_commentary')(commentary)) }}
{%- endmacro %}

{% macro default__plain_commentary(commentary) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace({{ commentary }}, '@\[((\\.|[^\]\\])*)\]\(urn:li:[^)]*\)', '\1', 'g'),
            '\{hashtag\|\\?#\|([^}]*)\}', '#\1', 'g'
        ),
        '\\([\\|{}@\[\]()<>#*_~])', '\1', 'g'
    )
{%- endmacro %}

{% macro spark__plain_commentary(commentary) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace({{ commentary }}, r'@\[((\\.|[^\]\\])*)\]\(urn:li:[^)]*\)', '$1'),
            r'\{hashtag\|\\?#\|([^}]*)\}', '#$1'
        ),
        r'\\([\\|{}@\[\]()<>#*_~])', '$1'
    )
{%- endmacro %}
