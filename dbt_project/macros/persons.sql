{#- A person as a source wrote them down: records alike in all of it are one person there. The same key is made by
    orchestration/identity/mentions.py. -#}
{% macro person_key(source_name, person='null', service_number='null', email='null', name='null') -%}
    md5(
        '{{ source_name }}'
        {%- for part in (person, service_number, email, name) %} || chr(31) || coalesce({{ part }}, ''){% endfor %}
    )
{%- endmacro %}

{#- Joins the posting that the staff lists tell of a person on a day, if any: postings do not overlap. -#}
{% macro join_posting(person_id, day) -%}
    left join {{ ref('int_postings') }} as postings
        on
            {{ person_id }} = postings.person_id
            and {{ day }} >= postings.valid_from_date
            and {{ day }} < coalesce(postings.valid_to_date, date '9999-12-31')
{%- endmacro %}

{#- Values of records about people are personal data; only what the ministry and its platforms say in public, and
    their register, is told. -#}
{% macro told_in_public(value) -%}
    case
        when source in ('registry', 'platform_exports', '{{ var('platforms').keys() | join("', '") }}') then {{ value }}
    end
{%- endmacro %}
