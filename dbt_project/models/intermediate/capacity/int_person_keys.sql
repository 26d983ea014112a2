-- Who is meant by what a source wrote: whom the linkage found, else, for what was landed after it, the service number,
-- the e-mail, or the name without case, marks and order of blanks. The one place that a capacity model gets its person
-- from. Another source is one more line here.
{{ config(schema='restricted') }}

{% set places = [
    ('stg_sheets__staff', 'person_id', 'service_number', 'email', 'name'),
    ('stg_sheets__registrations', 'person_id', 'null', 'null', 'null'),
    ('stg_sheets__nominations', 'person_id', 'service_number', 'email', 'name'),
    ('stg_sheets__test_results', 'person_id', 'null', 'null', 'name'),
    ('stg_sheets__assessment_results', 'person_id', 'null', 'null', 'null'),
    ('stg_sheets__certificates', 'person_id', 'null', 'email', 'name'),
    ('stg_sheets__sign_ins', 'person', 'service_number', 'email', 'null'),
    ('stg_zoom__participants', 'null', 'null', 'email', 'coalesce(original_name, name)'),
    ('stg_teams__participants', 'null', 'null', 'email', 'coalesce(original_name, name)'),
    ('stg_xapi__statements', 'actor', 'null', 'null', 'actor_name'),
    ('stg_moodle__enrolments', 'null', 'service_number', 'email', 'full_name'),
] %}

with written as (

    {% for model, person, service_number, email, name in places %}
    select
        person_as_written,
        trim({{ person }}) as person,
        nullif(upper(regexp_replace({{ service_number }}, '\s', '', 'g')), '') as service_number,
        nullif(lower(trim({{ email }})), '') as email,
        nullif(trim({{ name }}), '') as name
    from {{ ref(model) }}
    where coalesce({{ person }}, {{ service_number }}, {{ email }}, {{ name }}) is not null
    {{ 'union' if not loop.last }}
    {% endfor %}

),

linked as (

    select
        person_as_written,
        max_by(person_id, (observed_at, batch_id)) as person_id
    from {{ ref('stg_identity__people') }}
    group by person_as_written

)

select
    written.person_as_written,
    coalesce(
        linked.person_id,
        written.service_number,
        written.email,
        case
            when contains(written.person, '@') then lower(regexp_replace(written.person, '^mailto:', '', 'i'))
            when regexp_matches(written.person, '[0-9:|]') then upper(regexp_replace(written.person, '\s', '', 'g'))
        end,
        'name:' || trim(regexp_replace(
            lower(strip_accents(coalesce(written.name, written.person))), '[^\p{L}\p{N}]+', ' ', 'g'
        ))
    ) as person_id,
    linked.person_id is not null as is_linked
from written
left join linked
    on written.person_as_written = linked.person_as_written
