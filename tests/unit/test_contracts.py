from datetime import date, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import TIMESTAMP, Contract, Formats, count, key, optional, required

POSTS = Contract(
    "test",
    "posts",
    (
        key("id", pattern=r"^[0-9]+$"),
        required("at", TIMESTAMP),
        optional("day", pl.Date),
        optional("open", pl.Boolean),
        optional("score", pl.Float64),
        optional("kind", allowed=("a", "b")),
        count("likes", "$.metrics.likes"),
    ),
)


def text(*records: dict) -> pl.DataFrame:
    fields = [f.name for f in POSTS.fields]
    rows = [{name: record.get(name) for name in fields} for record in records]
    return pl.DataFrame(rows, schema=dict.fromkeys(fields, pl.String)).with_columns(
        pl.Series("source_line", range(2, len(records) + 2), dtype=pl.Int64),
        pl.Series("raw", [str(record) for record in records], dtype=pl.String),
    )


GOOD = {"id": "1", "at": "2026-01-02T03:04:05.678Z"}


def reasons(parsed) -> list[tuple]:
    return parsed.rejected.select("source_line", "field", "value", "reason").rows()


def test_every_field_is_typed():
    record = GOOD | {"day": "2026-01-02", "open": "true", "score": "1.5", "kind": "a", "likes": " 12 "}
    [row] = POSTS.parse(text(record)).accepted.drop("raw").to_dicts()
    assert row == {
        "record_number": 1,
        "id": "1",
        "at": datetime(2026, 1, 2, 3, 4, 5, 678000),
        "day": date(2026, 1, 2),
        "open": True,
        "score": 1.5,
        "kind": "a",
        "likes": 12,
        "source_line": 2,
    }


def test_a_broken_field_rejects_its_record_with_line_value_and_reason_and_the_others_go_on():
    parsed = POSTS.parse(text(GOOD, GOOD | {"id": "2", "likes": "many"}, GOOD | {"id": "3", "at": "2026-13-01"}))
    assert reasons(parsed) == [
        (3, "likes", "many", "not a whole number"),
        (4, "at", "2026-13-01", "not a possible time"),
    ]
    assert parsed.accepted["id"].to_list() == ["1"]


def test_each_rule_names_what_it_expects():
    broken = [
        (GOOD | {"id": None}, "id", "required, but empty or missing"),
        (GOOD | {"id": "x7"}, "id", "does not look like ^[0-9]+$"),
        (GOOD | {"day": "2026-02-30"}, "day", "not a possible date"),
        (GOOD | {"open": "perhaps"}, "open", "not true or false"),
        (GOOD | {"score": "NaN"}, "score", "not a number"),
        (GOOD | {"kind": "c"}, "kind", "not one of a, b"),
        (GOOD | {"likes": "-1"}, "likes", "below 0"),
        (GOOD | {"likes": "1.5"}, "likes", "not a whole number"),
        (GOOD | {"likes": "9223372036854775808"}, "likes", "not a whole number"),
    ]
    for record, name, reason in broken:
        parsed = POSTS.parse(text(record))
        assert [(field, why) for _, field, _, why in reasons(parsed)] == [(name, reason)], record
        assert parsed.accepted.is_empty()


def test_an_exact_repeat_is_dropped_and_counted():
    parsed = POSTS.parse(text(GOOD, GOOD))
    assert (parsed.accepted.height, parsed.repeated, parsed.rejected.height) == (1, 1, 0)


def test_of_two_records_with_one_key_the_last_is_kept_and_the_other_is_in_quarantine():
    parsed = POSTS.parse(text(GOOD | {"likes": "1"}, GOOD | {"likes": "2"}))
    assert parsed.accepted["likes"].to_list() == [2]
    assert reasons(parsed) == [(2, "id", "1", "a later record of the same batch has this key and other values")]


def test_a_time_of_another_zone_is_told_in_utc_and_an_hour_that_never_was_is_rejected():
    local = Formats(timestamp="%d/%m/%Y %H:%M", zone="Europe/Paris")
    rows = [("1", "01/07/2026 12:00"), ("2", "29/03/2026 02:30"), ("3", "25/10/2026 02:30")]
    parsed = POSTS.parse(text(*({"id": number, "at": at} for number, at in rows)), local)
    # Paris is two hours ahead in July; on 29 March 02:00-03:00 is skipped; on 25 October it comes twice.
    assert parsed.accepted.select("id", "at").rows() == [
        ("1", datetime(2026, 7, 1, 10, 0)),
        ("3", datetime(2026, 10, 25, 0, 30)),
    ]
    assert reasons(parsed) == [(3, "at", "29/03/2026 02:30", "not a possible time")]
    assert parsed.warned.select("field", "value").rows() == [("at", "25/10/2026 02:30")]


def test_a_payload_gives_nested_fields_and_keeps_ids_beyond_two_to_the_53():
    raw = '{"id": 9007199254740993, "at": "2026-01-02T00:00:00Z", "metrics": {"likes": 3}, "new_field": {}}'
    parsed = POSTS.parse(POSTS.from_payloads([raw]))
    assert parsed.accepted.select("id", "likes", "raw").rows() == [("9007199254740993", 3, raw)]


any_text = st.text(max_size=12) | st.sampled_from(["", " ", "1", "-1", "1e400", "2026-01-01", "true", "\x00", "٣"])


@given(st.lists(st.fixed_dictionaries({f.name: st.none() | any_text for f in POSTS.fields}), max_size=8))
def test_whatever_comes_every_record_is_accepted_rejected_or_a_repeat(records):
    parsed = POSTS.parse(text(*records))
    accepted, rejected = parsed.accepted["record_number"], parsed.rejected["record_number"].unique()
    assert accepted.len() + rejected.len() + parsed.repeated == len(records)
    assert not set(accepted) & set(rejected)
    assert parsed.accepted["id"].is_unique().all()
