-- Who is meant by what a source wrote: the e-mail tells, else the service number, else the name without case, marks
-- and order of blanks.
{{ config(schema='restricted') }}

select distinct
    source,
    person_as_written,
    coalesce(
        lower(email),
        service_number,
        'name:' || trim(regexp_replace(lower(strip_accents(person)), '[^\p{L}\p{N}]+', ' ', 'g'))
    ) as person_id
from {{ ref('int_stays') }}
where coalesce(email, service_number, person) is not null
