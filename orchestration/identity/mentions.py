"""Every distinct mention of a person in the landing, in one query of DuckDB.

A mention is a person as one source writes them: its key is a hash of the source, what stands in ``person``, service
number, e-mail and name, so it is the same in every run, and the same that dbt's macro ``person_key`` gives. What is
written as a person may be an e-mail (it has an @), a service number (it is one elsewhere, or has digits and no blank)
or a name; learning record stores write ``mailto:…``, ``sha1:…`` or ``home page|account``.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from expectations.audit import Views
from expectations.landing import landed_views
from orchestration.contracts import TIMESTAMP
from orchestration.identity.linkage import Mention


@dataclass(frozen=True)
class Place:
    """A landed table that names people, and where: SQL over its columns. ``one_list`` is what names each person once
    within a batch; empty where people may come twice."""

    table: str
    person: str = "null"
    service_number: str = "null"
    email: str = "null"
    name: str = "null"
    mission_id: str = "null"
    course_id: str = "null"
    one_list: str = "null"


_ACTOR = """
    case
        when actor_mbox is not null then lower(actor_mbox)
        when actor_mbox_sha1sum is not null then 'sha1:' || lower(actor_mbox_sha1sum)
        when actor_openid is not null then actor_openid
        when actor_account_name is not null then coalesce(actor_account_home_page, '') || '|' || actor_account_name
    end
"""
_SESSION_COURSE = "(select any_value(s.course_id) from sheets.sessions as s where s.session_id = place.session_id)"

_MOODLE_COURSE = """
    (
        select arg_max(coalesce(nullif(trim(c.idnumber), ''), trim(c.shortname)), c.observed_at)
        from moodle.courses as c
        where c.id = place.course_id
    )
"""


def _meeting_course(of_session: str) -> str:
    """The course of a meeting, by its id without blanks and hyphens."""
    return (
        "(select any_value(s.course_id) from sheets.sessions as s "
        f"where regexp_replace(s.{of_session}, '[ -]', '', 'g') = regexp_replace(place.meeting_id, '[ -]', '', 'g'))"
    )


PLACES = (
    Place("sheets.staff", "person_id", "service_number", "email", "name", "mission_id", one_list="''"),
    Place("sheets.registrations", "person_id", mission_id="mission_id", course_id="course_id", one_list="course_id"),
    Place(
        "sheets.nominations",
        "person_id",
        "service_number",
        "email",
        "name",
        "mission_id",
        "course_id",
        one_list="course_id",
    ),
    Place("sheets.test_results", "person_id", name="name", course_id="course_id", one_list="course_id || phase"),
    Place("sheets.assessment_results", "person_id", one_list="assessment_id"),
    Place("sheets.certificates", "person_id", email="email", name="name", course_id="course_id", one_list="course_id"),
    Place(
        "sheets.sign_ins",
        "person",
        "service_number",
        "email",
        mission_id="mission_id",
        course_id=_SESSION_COURSE,
        one_list="session_id",
    ),
    Place(
        "zoom.participants",
        email="email",
        name="coalesce(original_name, name)",
        course_id=_meeting_course("zoom_meeting_id"),
    ),
    Place(
        "teams.participants",
        email="email",
        name="coalesce(original_name, name)",
        course_id=_meeting_course("teams_meeting_id"),
    ),
    Place("xapi.statements", _ACTOR, name="actor_name"),
    Place(
        "moodle.enrolments",
        service_number="service_number",
        email="email",
        name="fullname",
        course_id=_MOODLE_COURSE,
        one_list="course_id",
    ),
)
"""Another source is one more place here, one more line in dbt's int_person_keys, and ``person_key`` in its staging."""

KEY = """md5(concat_ws(
    chr(31), source, coalesce(person, ''), coalesce(service_number, ''), coalesce(email, ''), coalesce(name, '')
))"""
"""A mention's key as SQL, over the columns that its source writes; dbt's int_person_keys makes the same."""

_WRITTEN = """
    select
        '{source}' as source,
        {person} as person,
        {service_number} as service_number,
        {email} as email,
        {name} as name,
        {mission_id} as mission_id,
        {course_id} as course_id,
        '{table} ' || batch_id || ' ' || ({one_list}) as one_list,
        observed_at,
        is_synthetic
    from {table} as place
"""
_MENTIONS = """
with written as (
    {written}
),

numbers as (
    select distinct upper(regexp_replace(service_number, '\\s', '', 'g')) as number
    from written
    where service_number is not null
),

addresses as (
    select
        any_value(address) as address,
        sha1('mailto:' || address) as digest
    from (
        select lower(trim(email)) as address from written where email is not null
        union
        select lower(trim(regexp_replace(person, '^mailto:', '', 'i'))) from written
        where contains(person, '@') and not contains(person, '|')
    )
    group by digest
),

told as (
    select
        {key} as key,
        nullif(trim(written.service_number), '') as service_number,
        nullif(trim(written.email), '') as email,
        nullif(trim(written.name), '') as name,
        nullif(trim(person), '') as person,
        case
            when starts_with(person, 'sha1:') then 'digest'
            when source = 'xapi' and contains(person, '|') then
                case when list_contains($home_pages, split_part(person, '|', 1)) then 'account' end
            when contains(person, '@') then 'email'
            when source = 'xapi' then null
            when upper(regexp_replace(person, '\\s', '', 'g')) in (select number from numbers) then 'number'
            when regexp_matches(trim(person), '^\\S*[0-9]\\S*$') then 'number'
            else 'name'
        end as kind,
        nullif(trim(mission_id), '') as mission_id,
        course_id,
        one_list,
        observed_at,
        is_synthetic
    from written
    where coalesce(person, written.service_number, email, name) is not null
)

select
    key,
    any_value(name_told) as name,
    any_value(number_told) as service_number,
    any_value(email_told) as email,
    coalesce(list_sort(list(distinct mission_id) filter (where mission_id is not null)), []) as missions,
    coalesce(list_sort(list(distinct course_id) filter (where course_id is not null)), []) as courses,
    coalesce(list_sort(list(distinct one_list) filter (where one_list is not null)), []) as lists,
    max(observed_at) as observed_at,
    bool_or(is_synthetic) as is_synthetic
from (
    select
        told.* exclude (name, service_number, email),
        coalesce(name, case when kind = 'name' then person end) as name_told,
        upper(regexp_replace(coalesce(
            service_number,
            case kind when 'number' then person when 'account' then split_part(person, '|', 2) end
        ), '\\s', '', 'g')) as number_told,
        coalesce(
            lower(email),
            case kind
                when 'email' then lower(regexp_replace(person, '^mailto:', '', 'i'))
                when 'digest' then addresses.address
            end
        ) as email_told
    from told
    left join addresses
        on told.kind = 'digest' and replace(told.person, 'sha1:', '') = addresses.digest
)
group by key
order by key
"""

_COLUMNS = {
    "key": pl.String,
    "name": pl.String,
    "service_number": pl.String,
    "email": pl.String,
    "missions": pl.List(pl.String),
    "courses": pl.List(pl.String),
    "lists": pl.List(pl.String),
    "observed_at": TIMESTAMP,
    "is_synthetic": pl.Boolean,
}


def collect(landing: Path, home_pages: Sequence[str] = ()) -> pl.DataFrame:
    """One row per mention, by key: name, service_number, email, missions, courses, lists, observed_at (UTC) and
    is_synthetic. Accounts of ``home_pages`` are named by their service numbers. Tables never landed are passed over."""
    with _opened(landing, "sheets.sessions", "moodle.courses") as (connection, views):
        written = [
            _WRITTEN.format(source=place.table.split(".")[0], **vars(place)) for place in PLACES if place.table in views
        ]
        if not written:
            return pl.DataFrame(schema=_COLUMNS)
        query = _MENTIONS.format(written="union all".join(written), key=KEY)
        rows = connection.execute(query, {"home_pages": list(home_pages)}).fetchall()
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


def as_written(landing: Path) -> pl.DataFrame:
    """Every distinct mention as its source writes it: key, source, person, service_number, email and name."""
    schema = dict.fromkeys(("key", "source", "person", "service_number", "email", "name"), pl.String)
    with _opened(landing) as (connection, views):
        told = [
            f"select '{place.table.split('.')[0]}' as source, {place.person} as person, "
            f"{place.service_number} as service_number, {place.email} as email, {place.name} as name from {place.table}"
            for place in PLACES
            if place.table in views
        ]
        if not told:
            return pl.DataFrame(schema=schema)
        rows = connection.execute(f"select distinct {KEY}, * from ({' union all '.join(told)})").fetchall()
    return pl.DataFrame(rows, schema=schema, orient="row")


@contextmanager
def _opened(landing: Path, *further: str) -> Generator[tuple[duckdb.DuckDBPyConnection, Views]]:
    """A connection over the tables that tell of people and ``further`` ones, and those of them that were landed."""
    views = landed_views(landing, [*(place.table for place in PLACES), *further], None)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name, query in views.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}; create view {name} as {query}")
        yield connection, views


def as_mentions(rows: pl.DataFrame) -> list[Mention]:
    """The rows of ``collect`` as the linkage takes them."""
    return [
        Mention(
            key=row["key"],
            name=row["name"],
            service_number=row["service_number"],
            email=row["email"],
            missions=frozenset(row["missions"]),
            courses=frozenset(row["courses"]),
            lists=frozenset(row["lists"]),
        )
        for row in rows.iter_rows(named=True)
    ]
