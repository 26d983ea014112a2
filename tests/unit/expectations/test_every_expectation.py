"""Every expectation of every suite fails on something that breaks it; one that nothing here breaks fails the test.

What breaks it is planted alone and judged by plain SQL, as Great Expectations would need minutes for so many;
that both say the same is tested below.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import test_modelled_suites as marts
from conftest import CONTRACTS
from test_modelled_suites import sound_warehouse  # noqa: F401, a fixture

from expectations import changes, habits
from expectations.audit import audit
from expectations.suite import Expect, Suite
from expectations.suites import landed, modelled
from orchestration.landing import BATCH_LEDGER
from orchestration.sources import registry
from tests.mutations import found_by

DAY, NIGHT = "2026-01-02", "2026-01-03 01:00:00"
Row = dict[str, Any]
Planted = list[tuple[str, Row]]
"""Rows to put into tables."""

_SOME = {"VARCHAR": "a", "BIGINT": 1, "DOUBLE": 1.0, "BOOLEAN": True, "DATE": DAY, "TIMESTAMP": NIGHT}
_ORDERED = {"BIGINT": (1, 2), "INTEGER": (1, 2), "DOUBLE": (1, 2)}
_TIMES = ("2026-01-01", "2026-01-02")


@pytest.fixture(scope="module")
def records() -> duckdb.DuckDBPyConnection:
    """Every landed table, audited and to compare with, empty."""
    connection = duckdb.connect()
    for contract in CONTRACTS.values():
        connection.execute(f"create schema if not exists {contract.source}")
        frame = pl.DataFrame(schema=contract.schema | {"date": pl.Date})
        for name in (contract.name, f"{contract.source}.all_{contract.table}"):
            connection.from_arrow(frame.drop("raw").to_arrow()).create(name)
    connection.execute("create schema landing")
    connection.from_arrow(pl.DataFrame(schema=BATCH_LEDGER | {"date": pl.Date}).to_arrow()).create("landing.batches")
    connection.execute(f"create table landing.changes as {changes.changes([])}")
    connection.execute(f"create table landing.habits as {habits.landed_habits(Path(), [])}")
    return connection


def plant(connection: duckdb.DuckDBPyConnection, table: str, row: Row) -> None:
    """A row, with its provenance, into a landed table and what it is compared with."""
    source, name = table.split(".")
    provenance = {"date": DAY, "batch_id": "one", "observed_at": NIGHT} if name not in ("changes", "habits") else {}
    places = (table,) if source == "landing" or name.startswith("all_") else (table, f"{source}.all_{name}")
    for place in places:
        whole = provenance | row
        marks = ", ".join("?" * len(whole))
        names = ", ".join(f'"{column}"' for column in whole)
        connection.execute(f"insert into {place} ({names}) values ({marks})", list(whole.values()))


def out_of_bounds(expect: Expect, dtype: str) -> Any:
    low, high = expect.arguments["min_value"], expect.arguments["max_value"]
    if dtype.startswith(("TIMESTAMP", "DATE")):
        return "1900-01-01"
    return low - 1 if low is not None else high + 1


def broken_by_its_kind(expect: Expect, types: dict[str, str]) -> list[Row]:
    """Rows that break an expectation that is told by its kind and columns alone."""
    told = expect.arguments
    match expect.kind:
        case "ExpectColumnValuesToNotBeNull":
            return [{told["column"]: None}]
        case "ExpectColumnValuesToBeUnique":
            return [{told["column"]: _SOME[types[told["column"]]]}] * 2
        case "ExpectCompoundColumnsToBeUnique":
            return [{column: _SOME[types[column]] for column in told["column_list"]}] * 2
        case "ExpectColumnValuesToBeBetween":
            return [{told["column"]: out_of_bounds(expect, types[told["column"]])}]
        case "ExpectColumnPairValuesAToBeGreaterThanB":
            low, high = _ORDERED.get(types[told["column_A"]], _TIMES)
            return [{told["column_A"]: low, told["column_B"]: high}]
    return []


def of_platform(source: str) -> dict[str, Callable[[], Planted]]:
    """What breaks the expectations that all platforms share."""
    platform = registry.platform(source)
    accounts, posts, timelines = platform.accounts, platform.posts, platform.timelines
    key, post = accounts.keys[0], dict.fromkeys(posts.keys, "p")
    read = {"account_native_id": "a", "window_start": "2026-01-01", "posts_read": 0}
    ledger = {"source": source, "table_name": "timelines"}
    return {
        "no two accounts of a batch have one handle": lambda: [
            (accounts.name, {key: id_, platform.handle: "Colombo"}) for id_ in "ab"
        ],
        "no account of 100 followers": lambda: [
            (accounts.name, {key: "a", platform.followers: followers, "observed_at": f"{day} 01:00", "date": day})
            for followers, day in ((1000, "2026-01-01"), (499, "2026-01-02"))
        ],
        f"{platform.title} gives every account": lambda: [
            (accounts.name, {key: "a", platform.handle: "Colombo"}),
            ("registry.accounts", {"platform": source, "handle": "Dhaka", "registered_from": "2025-01-01"}),
        ],
        "every post's author is an account whose": lambda: [
            (posts.name, post | {platform.author: "a"}),
            ("landing.batches", ledger),
        ],
        "every post's author is among": lambda: [(posts.name, post | {platform.author: "a"})],
        "every timeline tells how many": lambda: [(timelines.name, read | {"posts_read": None})],
        "no timeline has fewer posts landed": lambda: [
            (timelines.name, read | {"posts_read": 1}),
            ("landing.batches", {"source": source, "table_name": "posts", "quarantined": 0}),
        ],
        "no timeline has more posts landed": lambda: [
            (timelines.name, read),
            (posts.name, post | {platform.author: "a", platform.posted_at: "2026-01-02"}),
        ],
    }


def broken_by_its_words(suite: Suite, expect: Expect) -> Planted:
    """What breaks an expectation that is a query, by the sentence that tells it."""
    table, says = suite.table_name, expect.says
    source = table.split(".")[0]
    if found := re.match(r"(\w+) was not turned into a rounded", says):
        return [(table, {found[1]: "9.2E+17"})]
    if found := re.match(r"(\w+) has no blank", says):
        return [(table, {found[1]: "a "})]
    if found := re.match(r"no count is below nought: (\w+)", says):
        return [(table, {found[1]: -1})]
    if says.startswith("nothing that is required is empty"):
        return [(table, {})]
    if source in registry.PLATFORMS:
        for start, planted in of_platform(source).items():
            if says.startswith(start):
                return planted()
    for (where, start), rows in PLANTED.items():
        if re.fullmatch(where, table) and says.startswith(start):
            return [(row.pop("table", table), row) for row in map(dict, rows)]
    return []


MEETING = {"joined_at": "2026-01-01 09:00", "left_at": "2026-01-02 10:00"}
LONG = [{"course_id": "2", "user_id": "7"}]
CHANGE = {
    "table_name": "registry.accounts",
    "column_name": "handle",
    "rows_before": 20,
    "rows_now": 20,
    "shared": 20,
    "given": 20,
}
HABIT = {"table_name": "sheets.sessions", "column_name": "title", "rows_now": 25, "days_before": 6}
IN_1 = {"course_id": "C1", "person_id": "SN-1"}
TWENTY_PASSED = [{"course_id": "C1", "person_id": f"SN-{n}", "outcome": "Pass"} for n in range(20)]
COURSE_1 = {"course_id": "C1", "starts_on": "2026-01-05", "length_days": 3}
IN_MEETING = {"meeting_key": "m", "participant_key": "1"}
OF_MEETING = [IN_MEETING, {"meeting_key": "m", "participant_key": "2"}]


def of_17(table: str, **of_each: Any) -> list[Row]:
    """Seventeen of the twenty who passed have it."""
    return [{"table": table, "course_id": "C1", "person_id": f"SN-{n}", **of_each} for n in range(17)]


PLANTED: dict[tuple[str, str], list[Row]] = {
    ("sheets.courses", "every session of a course"): [
        COURSE_1,
        {"table": "sheets.sessions", "course_id": "C1", "starts_at": "2026-01-04 09:59", "ends_at": "2026-01-04 12:00"},
    ],
    ("sheets.courses", "nobody is nominated"): [
        COURSE_1,
        {"table": "sheets.nominations", "nominated_on": "2026-01-06"} | IN_1,
    ],
    ("sheets.courses", "no certificate is older"): [
        COURSE_1,
        {"table": "sheets.certificates", "issued_on": "2026-01-04"} | IN_1,
    ],
    ("sheets.registrations", "whoever passed has a result"): [
        *TWENTY_PASSED,
        {"table": "sheets.assessments", "assessment_id": "A", "course_id": "C1"},
        *({"table": "sheets.assessment_results", "assessment_id": "A", "person_id": f"SN-{n}"} for n in range(17)),
    ],
    ("sheets.registrations", "whoever passed took"): [*TWENTY_PASSED, *of_17("sheets.test_results", phase="post")],
    ("sheets.registrations", "whoever passed has a certificate"): [*TWENTY_PASSED, *of_17("sheets.certificates")],
    ("sheets.assessments", "nothing is due after"): [
        {"assessment_id": "A", "course_id": "C1", "due_day": 4},
        {"table": "sheets.courses"} | COURSE_1,
    ],
    ("sheets.assessment_results", "everybody is registered"): [
        {"assessment_id": "A", "person_id": "SN-1"},
        {"table": "sheets.assessments", "assessment_id": "A", "course_id": "C1"},
    ],
    ("sheets.(test_results|certificates)", "everybody is registered"): [
        IN_1,
        IN_1 | {"person_id": "SN-2"},
        {"table": "sheets.registrations"} | IN_1,
    ],
    ("sheets.test_results", "a course's test has one"): [
        IN_1 | {"phase": "pre", "score": 5, "max_score": 20},
        IN_1 | {"phase": "pre", "score": 5},
    ],
    ("sheets.certificates", "certificates that a course gave"): [
        {"course_id": "C1", "issued_on": DAY, "expires_on": f"202{year}-01-02"} for year in (7, 8)
    ],
    ("sheets.certificates", "nobody has the certificate"): [
        IN_1,
        {"table": "sheets.registrations", "outcome": "Fail"} | IN_1,
    ],
    ("sheets.sessions", "somebody signed"): [
        {"session_id": "S1"},
        {"table": "sheets.sign_ins", "session_id": "S2"},
    ],
    ("sheets.sign_ins", "nobody signs two hours"): [
        {"session_id": "S1", "signed_at": "2026-01-02 06:59"},
        {"table": "sheets.sessions", "session_id": "S1", "starts_at": "2026-01-02 09:00", "ends_at": NIGHT},
    ],
    ("(zoom|teams).participants", "all stays in a meeting"): [
        row | {"topic": row["participant_key"]} for row in OF_MEETING
    ],
    ("(zoom|teams).participants", "the role is told"): [IN_MEETING | {"role": "Attendee"}, IN_MEETING],
    ("(zoom|teams).participants", "nobody is in a meeting"): [
        {"joined_at": "2026-01-02 08:54", "meeting_started_at": "2026-01-02 09:00"}
    ],
    ("(zoom|teams).participants", "a stay lasts from"): [
        {"joined_at": "2026-01-02 09:00", "left_at": "2026-01-02 10:00", "duration_seconds": 60}
    ],
    ("moodle.completions", "completed is told"): [
        {"aggregation": "1", "criteria": 2, "criteria_complete": 1, "completed": True}
    ],
    ("moodle.courses", "categoryid is"): [{"id": "2", "categoryid": "Protocol"}],
    **{
        ("moodle.enrolments", f"of every course whose {table}"): [
            {"course_id": "2", "date": "2026-01-01"},
            {"course_id": "2"},
            {"table": f"moodle.{table}", "course_id": "2", "date": "2026-01-01"},
        ]
        for table in ("completions", "grades")
    },
    ("moodle.grades", "everybody in a course"): [
        {"course_id": "2", "user_id": user, "item_id": item} for user, item in (("7", "1"), ("7", "2"), ("8", "1"))
    ],
    ("landing.habits", "every column is given"): [HABIT | {"measure": "given", "now": 0.79, "lowest": 1, "highest": 1}],
    ("landing.habits", "the words"): [HABIT | {"measure": "digits", "now": 0.21, "lowest": 0, "highest": 0}],
    ("landing.habits", "the numbers"): [HABIT | {"measure": "level", "now": 5.1, "lowest": 2, "highest": 3}],
    ("landing.habits", "the days"): [HABIT | {"measure": "hour", "now": 7.6, "lowest": 9, "highest": 9.2}],
    ("landing.habits", "what came each"): [
        {"table": "landing.batches", "source": "sheets", "table_name": table, "landed": 1, "date": f"2026-01-0{day}"}
        for day in range(1, 8)
        for table in ("courses", "sessions", *(["sign_ins"] if day < 7 else []))
    ],
    ("sheets.*", "every course is on the list"): [{"course_id": "C1"}, {"table": "sheets.courses", "course_id": "C2"}],
    ("sheets.courses", "no two courses differ only"): [{"course_id": "C1"}, {"course_id": "c1"}],
    ("sheets.registrations", "outcome is one of"): [{"outcome": "Passt"}],
    ("sheets.registrations", "every mission is in"): [
        {"mission_id": "kabul"},
        {"table": "registry.missions", "mission_id": "tokyo"},
    ],
    ("sheets.assessments", "max_score is more"): [{"max_score": 0}],
    ("sheets.assessments", "no assessment belongs"): [{"assessment_id": "A", "course_id": c} for c in "12"],
    ("sheets.assessment_results", "no score is above"): [
        {"assessment_id": "A", "score": 21},
        {"table": "sheets.assessments", "assessment_id": "A", "max_score": 20},
    ],
    ("sheets.assessment_results", "every assessment is"): [{"assessment_id": "A"}],
    ("sheets.assessment_results", "every person is"): [{"person_id": "SN-1"}],
    ("sheets.assessment_results", "nothing was submitted"): [{"submitted_on": "2026-01-05"}],
    ("sheets.test_results", "no score is above"): [{"score": 21, "max_score": 20}],
    ("sheets.certificates", "no certificate was given"): [{"certificate_id": "Z", "person_id": p} for p in "12"],
    ("sheets.staff", "nobody is posted later"): [{"posted_on": "2027-02-01"}],
    ("sheets.sessions", "every session ends"): [{"starts_at": NIGHT, "ends_at": NIGHT}],
    ("sheets.sessions", "no session lasts"): [{"starts_at": "2026-01-01 09:00", "ends_at": "2026-01-02 10:00"}],
    ("sheets.sign_ins", "every session is"): [{"session_id": "S1"}],
    ("(zoom|teams).participants", "no stay lasts"): [MEETING],
    ("platform_exports.posts", "no post was made more"): [{"posted_at": "2026-01-04 01:01"}],
    ("platform_exports.posts", "no post was made after"): [{"posted_at": "2026-01-03 01:01"}],
    ("platform_exports.posts", "no post on X is older"): [{"platform": "x", "posted_at": "2006-03-20"}],
    ("platform_exports.posts", "ids of posts on X"): [{"platform": "x", "post_id": "12a"}],
    ("platform_exports.posts", "ids of 16 digits"): [{"post_id": f"{n}000000000000000"} for n in range(10, 20)],
    ("platform_exports.posts", "no post reached more"): [{"reach": 21, "impressions": 20}],
    ("platform_exports.posts", "no post is claimed"): [
        {"platform": "x", "post_id": "1", "account_handle": handle} for handle in ("a", "b")
    ],
    ("platform_exports.posts", "every account is in"): [
        {"platform": "x", "account_handle": "Kabul"},
        {"table": "registry.accounts", "platform": "x", "handle": "Tokyo"},
    ],
    ("x.posts", "created_at is within"): [{"id": str(29700859247 << 22), "created_at": "2026-01-01"}],
    ("mastodon.accounts", "no status of an account"): [
        {"id": "7", "last_status_at": "2026-01-01"},
        {"table": "mastodon.posts", "id": "p", "account_id": "7", "created_at": NIGHT},
    ],
    ("x.missing_posts", "X says of every"): [{"id": "12", "detail": "Could not find tweet with ids: [1]."}],
    ("x.missing_posts", "every post that X"): [{"id": "1", "author_id": "7"}],
    ("registry.accounts", "the register is as new"): [
        {"table": "landing.batches", "source": source, "table_name": "accounts", "date": day}
        for source, day in (("registry", "2026-01-01"), ("x", "2026-01-02"))
    ],
    ("registry.missions", "no mission is called"): [{"mission_id": "Unassigned"}],
    ("registry.missions", "no mission lies"): [{"latitude": 0, "longitude": 0}],
    ("registry.accounts", "every account's mission"): [{"mission_id": "kabul"}],
    ("registry.accounts", "no native id"): [{"platform": "x", "native_id": "7", "handle": h} for h in ("a", "b")],
    ("registry.accounts", "the register is not emptied"): [
        {"table": "landing.batches", "source": "registry", "table_name": "accounts", "landed": n, "date": day}
        for n, day in ((5, "2026-01-01"), (0, "2026-01-02"))
    ],
    ("registry.accounts", "the register is not half"): [
        *({"handle": h, "date": "2026-01-01"} for h in "abc"),
        {"handle": "a"},
    ],
    ("xapi.statements", "no statement is landed in two"): [{"id": "1", "batch_id": b} for b in ("one", "two")],
    ("xapi.statements", "stored lies in"): [{"stored": "2026-01-01 23:59"}],
    ("xapi.statements", "no statement was stored"): [{"stored": "2026-01-01", "timestamp": "2026-01-02 00:01"}],
    ("xapi.statements", "every statement names"): [{"id": "1"}],
    ("moodle.courses", "no two courses"): [{"id": i, "shortname": "DIP"} for i in "12"],
    ("moodle.*", "every course is on Moodle's"): LONG,
    ("moodle.*", "everybody is enrolled"): LONG,
    ("moodle.enrolments", "no service number"): [
        {"course_id": "2", "user_id": u, "service_number": "SN-1"} for u in "78"
    ],
    ("moodle.completions", "no more criteria"): [{"criteria": 1, "criteria_complete": 2}],
    ("landing.changes", "no column differs"): [CHANGE | {"changed": 5}],
    ("landing.changes", "no column is emptier"): [CHANGE | {"filled_before": 1.0, "filled_now": 0.49}],
    ("landing.changes", "no column is nearly"): [CHANGE | {"level_before": 3.0, "level_now": 4.01}],
    ("landing.changes", "no more than 5%"): [CHANGE | {"rows_before": 50, "gone": 3}],
}
"""Rows that break what one or a few tables expect, by the table's name and how the sentence begins."""

BROKEN_MARTS = {
    (
        "quality.reconciliation",
        "what stands in a fact",
    ): "update marts.fct_registration set observed_date = '2026-01-05'",
    ("quality.reconciliation", "no table has lately"): "insert into quality.reconciliation by name select * replace ("
    "date '2026-01-05' as observed_date, 10 as received, 5 as quarantined) from quality.reconciliation "
    "where table_name = 'registrations' and observed_date = '2026-01-02'",
    ("quality.unmatched_stays", "every meeting"): "insert into quality.unmatched_stays "
    "(source, meeting, stays) values ('zoom', '83', 2)",
    ("quality.volumes", "of what is due"): "insert into quality.volumes (source, table_name, landed, expected_rows) "
    "values ('x', 'posts', 0, 100), ('registry', 'accounts', 90, 90)",
    ("quality.volumes", "as much arrives"): "insert into quality.volumes (source, table_name, observed_date, "
    "verdict, landed, days_since_arrival) values ('x', 'posts', '2026-01-02', 'overdue', 0, 1)",
    ("marts.dim_account", "no account has two versions"): "insert into marts.dim_account (account_id, valid_from_date) "
    "values ('x:7', '2021-01-01')",
    ("marts.post_performance", "every post that was"): "delete from marts.post_performance",
    ("marts.weekly_brief", "every week of a region"): "delete from marts.weekly_brief",
    ("marts.fct_post", "there are as many posts"): "delete from marts.fct_post_metrics_daily",
    ("marts.fct_post_metrics_daily", "engagements are the sum"): "update marts.fct_post_metrics_daily set comments = 1",
    ("marts.social_media_rollup", "it has every post"): "delete from marts.social_media_rollup",
    ("marts.mission_course_coverage", "whoever was trained"): "update marts.mission_training_coverage "
    "set has_trained_focal_person = false",
    ("marts.asset_scores", "every account that is held"): "delete from marts.asset_scores",
    ("marts.fct_post_reading", "every post has"): "delete from marts.fct_post_reading",
    **{
        (f"marts.engagement_by_{entity}", says): f"update marts.engagement_by_{entity} set {fault}"
        for entity in ("account", "mission", "region", "platform")
        for says, fault in (
            ("a week begins", "period_start_date = '2026-01-02' where period_grain = 'week'"),
            ("no more account days", "account_days_reported = 3 where period_grain = 'day'"),
            ("posts of all", "posts = 2 where period_grain = 'week'"),
            ("reposts of all", "reposts = 2 where period_grain = 'week'"),
            ("engagements of all", "engagements = 9 where period_grain = 'week'"),
            ("engagements_gained of all", "engagements_gained = 9 where period_grain = 'week'"),
            ("followers_gained of all", "followers_gained = 9 where period_grain = 'week'"),
        )
    },
    **{
        (
            "audit.changes",
            says,
        ): "insert into audit.changes (table_name, column_name, rows_before, rows_now, shared, given, "
        f"gone, changed, filled_before, filled_now, level_before, level_now) values ('marts.a', 'b', {figures})"
        for says, figures in (
            ("no column differs", "20, 20, 20, 20, 0, 5, 1, 1, 1, 1"),
            ("no column is emptier", "20, 20, 20, 20, 0, 0, 1, 0.49, 1, 1"),
            ("no column is nearly", "20, 20, 20, 20, 0, 0, 1, 1, 3, 4.01"),
            ("no more than 5%", "50, 50, 47, 47, 3, 0, 1, 1, 1, 1"),
        )
    },
    **{(table, says): f"update {table} set {change}" for table, change, _, says, _ in marts.FAULTS},
}
"""Statements that break what a mart expects, by the mart and how the sentence begins."""


def only(suite: Suite, expect: Expect) -> list[Suite]:
    return [Suite(suite.stage, suite.table_name, (expect,))]


def tells(connection: duckdb.DuckDBPyConnection, suite: Suite, expect: Expect) -> bool:
    """Whether every row that breaks it has its sentence, where there are to be sentences."""
    if expect.told_by is None:
        return True
    told = connection.execute(expect.told_by.format(batch=suite.table_name)).fetchall()
    return bool(told) and all(text for (text,) in told)


def types_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return dict(connection.execute(f"select column_name, column_type from (describe {table})").fetchall())


@pytest.mark.parametrize("suite", landed.SUITES, ids=lambda suite: suite.table_name)
def test_every_expectation_of_landed_records_fails_on_what_breaks_it(records, suite):
    types, unseen = types_of(records, suite.table_name), []
    for expect in suite.expectations:
        planted = [(suite.table_name, row) for row in broken_by_its_kind(expect, types)]
        records.execute("begin")
        for table, row in planted or broken_by_its_words(suite, expect):
            plant(records, table, row)
        if not found_by(records, only(suite, expect)) or not tells(records, suite, expect):
            unseen.append(expect.says)
        records.execute("rollback")
        assert not found_by(records, only(suite, expect)), "an empty landing breaks nothing"
    assert unseen == []


@pytest.fixture(scope="module")
def built(sound_warehouse):  # noqa: F811
    with duckdb.connect(str(sound_warehouse)) as connection:
        yield connection


@pytest.mark.parametrize("suite", modelled.SUITES, ids=lambda suite: suite.table_name)
def test_every_expectation_of_marts_fails_on_what_breaks_it(built, suite):
    types, unseen = types_of(built, suite.table_name), []
    for expect in suite.expectations:
        faults = [
            f"update {suite.table_name} set " + ", ".join(f"{column} = {value!r}" for column, value in row.items())
            for row in broken_by_its_kind(expect, types)
        ] or [
            fault
            for (table, says), fault in BROKEN_MARTS.items()
            if table == suite.table_name and expect.says.startswith(says)
        ]
        assert not found_by(built, only(suite, expect))
        built.execute("begin")
        for fault in faults[:1]:
            built.execute(fault.replace("None", "null"))
        if not found_by(built, only(suite, expect)) or not tells(built, suite, expect):
            unseen.append(expect.says)
        built.execute("rollback")
    assert unseen == []


def test_great_expectations_says_what_plain_sql_says(tmp_path):
    """One table with a row for each kind of expectation that holds, and one for each that is broken."""
    path = tmp_path / "warehouse.duckdb"
    rows = "('a', 1, 2, null), ('a', 3, 2, null), ('b', -1, null, 'x')"
    expectations = (
        Expect("ExpectColumnValuesToNotBeNull", "name is given", arguments={"column": "name"}),
        Expect("ExpectColumnValuesToNotBeNull", "note is given", arguments={"column": "note"}),
        Expect("ExpectColumnValuesToNotBeNull", "note often", "warn", {"column": "note", "mostly": 0.3}),
        Expect("ExpectColumnValuesToNotBeNull", "note mostly", "warn", {"column": "note", "mostly": 0.4}),
        Expect("ExpectColumnValuesToBeUnique", "name is unique", arguments={"column": "name"}),
        Expect("ExpectColumnValuesToBeUnique", "note is unique", arguments={"column": "note"}),
        Expect("ExpectCompoundColumnsToBeUnique", "name and one", arguments={"column_list": ["name", "one"]}),
        Expect("ExpectCompoundColumnsToBeUnique", "name and two", arguments={"column_list": ["name", "two"]}),
        *(
            Expect(
                "ExpectColumnValuesToBeBetween",
                f"one is from {low} to {high}",
                arguments={"column": "one", "min_value": low, "max_value": high},
            )
            for low, high in ((-1, 3), (0, None), (None, 2), (-1, None))
        ),
        *(
            Expect(
                "ExpectColumnPairValuesAToBeGreaterThanB",
                f"{later} is not below {earlier}",
                arguments={
                    "column_A": later,
                    "column_B": earlier,
                    "or_equal": True,
                    "ignore_row_if": "either_value_is_missing",
                },
            )
            for later, earlier in (("one", "two"), ("two", "one"), ("one", "one"))
        ),
        Expect(
            "UnexpectedRowsExpectation", "no b", arguments={"unexpected_rows_query": "from {batch} where name = 'b'"}
        ),
        Expect(
            "UnexpectedRowsExpectation", "no c", arguments={"unexpected_rows_query": "from {batch} where name = 'c'"}
        ),
    )
    suite = Suite("modelled", "marts.told", expectations)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create schema marts; create table marts.told as from (values {rows}) as told (name, one, two, note)"
        )
        by_sql = {says for _, says in found_by(connection, [suite])}
    by_gx = {
        f"marts.told: {e.says}" for e, v in zip(expectations, audit(path, [suite]), strict=True) if not v.is_success
    }
    assert by_sql == by_gx
    assert 0 < len(by_sql) < len(expectations)
    kinds = {e.kind for suite in (*landed.SUITES, *modelled.SUITES) for e in suite.expectations}
    assert kinds <= {e.kind for e in expectations}, "a new kind of expectation is compared here too"
