{#- A name or handle as it is compared: letters and digits only, no accents, lower case. -#}
{% macro squeezed(text) -%}
    regexp_replace(lower(strip_accents({{ text }})), '[^a-z0-9]', '', 'g')
{%- endmacro %}

{#- The part of a handle that its owner chose: without Mastodon's server and Bluesky's domain. -#}
{% macro own_part(platform, handle) -%}
    case {{ platform }}
        when 'bluesky' then split_part({{ handle }}, '.', 1)
        else split_part({{ handle }}, '@', 1)
    end
{%- endmacro %}

{#- Names as the eye takes them: nought for o and one for l. -#}
{% macro seen_name(platform, handle) -%}
    translate({{ squeezed(own_part(platform, handle)) }}, '01', 'ol')
{%- endmacro %}
