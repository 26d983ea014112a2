import string
from datetime import date

import polars as pl
import pytest

from dashboard.language import LANGUAGES, PHRASES, Words, day, number, of, phrases, retold, share
from orchestration.alerts.bars import BARS
from orchestration.effects.staggered import FEWEST_MISSIONS, FEWEST_WEEKS_BEFORE
from orchestration.effects.training import OUTCOMES
from orchestration.effects.verdict import SMALLEST_CHANGE, Reason, Verdict
from orchestration.enrichment.topics import descriptions


def test_every_language_has_a_file_and_every_file_a_language():
    assert {path.stem for path in PHRASES.glob("*.toml")} == set(LANGUAGES)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_each_language_has_the_same_phrases_with_the_same_values(language):
    def blanks(phrase: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}

    english = {key: blanks(phrase) for key, phrase in phrases("en").items()}
    assert {key: blanks(phrase) for key, phrase in phrases(language).items()} == english


def test_a_value_in_urdu_keeps_its_own_direction():
    assert "\u20682026-03-08\u2069" in Words("ur")("unread_note", day="2026-03-08")
    assert "\u2068" not in Words("en")("unread_note", day="2026-03-08")


def test_what_is_missing_is_shown_as_missing_and_zero_as_zero():
    assert [number(None), share(None), day(None)] == ["–", "–", "–"]
    assert [number(0), share(0.0), of(0, None)] == ["0", "0%", "0 / –"]
    assert [number(1234567), number(2.345, 1), share(0.1234, 1)] == ["1,234,567", "2.3", "12.3%"]
    assert day(date(2026, 3, 8)) == "2026-03-08"


def test_urdu_has_words_for_all_that_the_data_says():
    told = {what: set(phrases) for what, phrases in retold("ur").items()}
    assert told == {
        "topics": {topic.topic_id for topic in descriptions()},
        "alerts": {bar.kind for bar in BARS},
        "outcomes": {outcome.name for outcome in OUTCOMES},
        "verdicts": set(Verdict),
        "effects": {*Reason, *Verdict} - {Verdict.CANNOT_TELL},
    }
    # Urdu's sentences name these numbers.
    assert (SMALLEST_CHANGE, FEWEST_MISSIONS, FEWEST_WEEKS_BEFORE) == (0.10, 8, 4)


def test_what_the_data_says_is_told_in_urdu_where_all_of_it_is_known():
    rows = pl.DataFrame(
        {
            "topic_id": ["trade", "trade", "fisheries"],
            "topic": ["Trade and investment", "Trade and investment", "Fisheries"],
            "kind": ["silence", "silence", "new_kind"],
            "sentence": ["one", "two", "three"],
            "account": ["@oslo (X)", None, "@oslo (X)"],
        }
    )
    values = {name: pl.lit(name) for name in ("first", "last", "came", "due", "low", "high")}

    def told(language: str) -> pl.DataFrame:
        words = Words(language)
        return rows.with_columns(
            topic=words.retold("topics", "topic_id", "topic"),
            sentence=words.retold("alerts", "kind", "sentence", account=pl.col("account"), **values),
        )

    assert told("en").equals(rows)
    assert told("ur")["topic"].to_list() == ["تجارت اور سرمایہ کاری", "تجارت اور سرمایہ کاری", "Fisheries"]
    sentence, *others = told("ur")["sentence"].to_list()
    assert "\u2068@oslo (X)\u2069 نے کچھ پوسٹ نہیں کیا" in sentence
    assert others == ["two", "three"]
