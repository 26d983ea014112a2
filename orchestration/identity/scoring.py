"""How likely two mentions are one person, by name, mission and course: a Fellegi-Sunter model that splink runs.

Splink does the blocking, the weights with their adjustment for common names, and the scores, in a DuckDB in memory;
``model.json`` is its settings file, trained by ``benchmarks/train_identity_model.py`` on the development names. Ours
are the columns that it compares. A name is a bag of parts, so a mention is written with two of its parts in the order
given, and read in every order, once per mission it was told with; the best of a pair's readings counts. Splink sends
nothing over the network.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import combinations, permutations, product
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
from duckdb.func import ARROW
from splink import DuckDBAPI, Linker

from orchestration.identity.linkage import Mention, Names, Verdict
from orchestration.identity.names import OFTEN_LEFT_OUT, bones, folded, rest_of
from orchestration.identity.spellings import Spellings

MODEL = Path(__file__).with_name("model.json")
SMALLEST_POPULATION = 64
OWN_NAME_COUNT = 3
"""Borne by so many people, a part is a name and no slip of the pen for its neighbour."""
LARGEST_BLOCK = 100
"""Of a part that more mentions bear, only pairs that share another part, a mission or a course are compared."""
MOST_PARTS = 4
MEMORY = "1GB"

SCHEMA = pa.schema(
    {
        "unique_id": pa.string(),
        "mention": pa.string(),
        "person": pa.string(),
        "number": pa.string(),
        "first": pa.string(),
        "second": pa.string(),
        "first_sound": pa.string(),
        "second_sound": pa.string(),
        "first_own": pa.bool_(),
        "second_own": pa.bool_(),
        "rest": pa.string(),
        "mission": pa.string(),
        "courses": pa.list_(pa.string()),
        "block": pa.list_(pa.string()),
    }
)


def verdicts(
    named: Sequence[Mention], person_of: Mapping[str, str], number_of: Mapping[str, str | None], least: float
) -> dict[tuple[str, str], Verdict]:
    """The pairs of mentions with names that come to ``least`` bits, by their keys in order. Pairs that are one person
    already, and pairs of two service numbers, are left out: ``person_of`` and ``number_of`` tell them by key."""
    with in_memory() as connection:
        linker = linker_of(connection, named, person_of, number_of, json.loads(MODEL.read_text(encoding="utf-8")))
        scored = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        best = scored.as_duckdbpyrelation().query("scored", BEST)
        return {
            (row[0], row[1]): Verdict(round(row[2], 3), _in_words(*row[3:]), _names(*row[5:12:3]))
            for row in best.fetchall()
        }


@contextmanager
def in_memory() -> Generator[duckdb.DuckDBPyConnection]:
    """A DuckDB whose overflow, which names people, lies in a folder of its owner's alone and goes with it."""
    with (
        TemporaryDirectory(prefix="sifarat-identity-") as overflow,
        duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": overflow}) as connection,
    ):
        yield connection


BEST = """
select
    mention_l,
    mention_r,
    match_weight,
    first_l, first_r, gamma_first,
    second_l, second_r, gamma_second,
    rest_l, rest_r, gamma_rest,
    gamma_mission,
    gamma_courses
from scored
qualify row_number() over (
    partition by mention_l, mention_r
    order by round(match_weight, 6) desc, unique_id_l, unique_id_r
) = 1
order by mention_l, mention_r
"""


def linker_of(
    connection: duckdb.DuckDBPyConnection,
    named: Sequence[Mention],
    person_of: Mapping[str, str],
    number_of: Mapping[str, str | None],
    settings: dict,
) -> Linker:
    """Splink over the mentions, each written once per two of its parts and read once per order of them."""
    population = _Population(named, person_of)
    _teach(connection, population.spellings)
    api = DuckDBAPI(connection)
    tables = []
    for name, readings in (("written", combinations), ("read", permutations)):
        rows = [
            row
            for mention in named
            for row in _rows(mention, readings, population, person_of[mention.key], number_of[mention.key])
        ]
        tables.append(api.register(pa.Table.from_pylist(rows, SCHEMA), dataset_display_name=name))
    settings = settings | {"probability_two_random_records_match": 1 / population.people}
    linker = Linker(tables, settings, log_level=logging.ERROR, validate_settings=False)
    for column in ("first_sound", "second_sound"):
        sounds = [{column: sound, f"tf_{column}": share} for sound, share in population.shares.items()]
        linker.table_management.register_term_frequency_lookup(api.register(pa.Table.from_pylist(sounds)), column)
    missions = [{"mission": mission, "tf_mission": share} for mission, share in population.missions.items()]
    missions = pa.Table.from_pylist(missions, pa.schema({"mission": pa.string(), "tf_mission": pa.float64()}))
    linker.table_management.register_term_frequency_lookup(api.register(missions), "mission")
    return linker


def _teach(connection: duckdb.DuckDBPyConnection, spellings: Spellings) -> None:
    """What is known of names, as functions of DuckDB over whole columns."""

    def over_columns(function, answer):
        def over(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.Array:
            return pa.array(list(map(function, left.to_pylist(), right.to_pylist())), answer)

        return over

    # Plain integers, each pair of parts once: the columns are of millions of rows.
    heard = cache(lambda one, other: int(spellings.alike(one, other)))
    rests = cache(lambda left, right: int(rest_of(left, right, heard)))
    for name, function in (("alike", heard), ("rest_of", rests)):
        over = over_columns(function, pa.int8())
        connection.create_function(name, over, ["VARCHAR", "VARCHAR"], "TINYINT", type=ARROW)


class _Population:
    """How common each part of a name and each mission is among the people at hand, and how many people those are."""

    def __init__(self, named: Sequence[Mention], person_of: Mapping[str, str]):
        size = max(len(named), SMALLEST_POPULATION)
        self.spellings = Spellings(named)
        bags = (
            [self.bones_of(part) for part in mention.parts if len(part) > 1 and folded(part) not in OFTEN_LEFT_OUT]
            for mention in named
        )
        # As many people as names of other consonants: not a count, but near enough for a logarithm.
        self.people = max(len({frozenset(bag) for bag in bags}), SMALLEST_POPULATION)
        sounds = Counter(sound for m in named for sound in {self.spellings.name_of(part) for part in m.parts})
        self.shares = {sound: count / size for sound, count in sorted(sounds.items())}
        missions = Counter(mission for m in named for mission in m.missions)
        self.missions = {mission: count / size for mission, count in sorted(missions.items())}
        bearers = defaultdict(set)
        for mention in named:
            for part in mention.parts:
                bearers[self.spellings.name_of(part)].add(person_of[mention.key])
        self.own = {part for part, people in bearers.items() if len(people) >= OWN_NAME_COUNT}
        self.bones = Counter(bone for m in named for bone in {self.bones_of(part) for part in m.parts})

    def bones_of(self, part: str) -> str:
        return bones(self.spellings.name_of(part))

    def blocks(self, mention: Mention) -> list[str]:
        """What another mention must share one of to be compared."""
        found = sorted({self.bones_of(part) for part in mention.parts if len(part) > 1})
        places = [f"mission {mission}" for mission in sorted(mention.missions)]
        places += [f"course {course}" for course in sorted(mention.courses)]
        rare = [bone for bone in found if self.bones[bone] <= LARGEST_BLOCK]
        common = [bone for bone in found if self.bones[bone] > LARGEST_BLOCK]
        blocks = rare + [f"{one} {other}" for one, other in combinations(common, 2)]
        blocks += [f"{bone} {place}" for bone in common for place in places]
        return blocks + ([f"e-mail {mention.address}"] if mention.address else [])


def _rows(mention: Mention, readings, population: _Population, person: str, number: str | None) -> list[dict]:
    core = [part for part in mention.parts if folded(part) not in OFTEN_LEFT_OUT]
    core = (core if len(core) > 1 else list(mention.parts))[:MOST_PARTS]
    chosen = list(readings(range(len(core)), 2)) if len(core) > 1 else [(0, None)]
    if len(core) == 1 and readings is permutations:
        chosen = [(0, None), (None, 0)]
    rows, blocks = [], population.blocks(mention)
    for (first, second), mission in product(chosen, sorted(mention.missions) or [None]):
        rest = list(mention.parts)
        for place in (first, second):
            if place is not None:
                rest.remove(core[place])
        one, two = (core[place] if place is not None else None for place in (first, second))
        one_name, two_name = (part and population.spellings.name_of(part) for part in (one, two))
        rows.append(
            {
                "unique_id": f"{mention.key} {first} {second} {mission}",
                "mention": mention.key,
                "person": person,
                "number": number,
                "first": one,
                "second": two,
                "first_sound": one_name,
                "second_sound": two_name,
                "first_own": one_name in population.own,
                "second_own": two_name in population.own,
                "rest": " ".join(rest),
                "mission": mission,
                "courses": sorted(mention.courses) or None,
                "block": blocks,
            }
        )
    return rows


def _names(first: int, second: int, rest: int) -> Names:
    """Whether the names agree, by the levels of the model's comparisons."""
    if 0 in (first, second, rest):
        return Names.CONTRADICT
    return Names.AGREE if first <= SAME and second <= SAME and rest != LEFT_OUT else Names.SHORTER


def _in_words(*row) -> str:
    first_l, first_r, first, second_l, second_r, second, rest_l, rest_r, rest, mission, courses = row
    told = [
        f"{left or 'nothing'} {PARTS[level]} {right or 'nothing'}"
        for left, right, level in ((first_l, first_r, first), (second_l, second_r, second))
        if left or right
    ]
    if rest_l or rest_r:
        told.append(f"{rest_l or 'nothing'} {RESTS[rest]} {rest_r or 'nothing'}")
    told += [words for words in (MISSIONS[mission], COURSES[courses]) if words]
    return "; ".join(told)


PARTS = ("is not", "may be a slip for", "may sound like", "sounds like", "is", "abbreviates", "against")
"""By the levels of the model's comparisons, which splink numbers from the last to the first."""
SAME, LEFT_OUT = 4, 1
RESTS = ("against", "against", "beside", "beside")
MISSIONS = {-1: "", 0: "another mission", 1: "same mission"}
COURSES = {-1: "", 0: "", 1: "same course"}


def comparisons() -> list[dict]:
    """What the model compares; the probabilities are added by its training."""
    return [_part("first"), _part("second"), REST, MISSION, SHARED_COURSE]


def _part(column: str) -> dict:
    one, other = f'"{column}_l"', f'"{column}_r"'
    heard = f"alike({one}, {other})"
    by_frequency = {"tf_adjustment_column": f"{column}_sound", "tf_minimum_u_value": 0.0005}
    is_initial = f"(length({one}) = 1 or length({other}) = 1) and {heard} = 2"
    is_same = f'"{column}_sound_l" = "{column}_sound_r"'
    is_slip = f'{heard} = 1 and not ("{column}_own_l" and "{column}_own_r")'
    return {
        "output_column_name": column,
        "comparison_levels": [
            {"sql_condition": f"{one} is null or {other} is null", "label_for_charts": "left out"},
            {"sql_condition": is_initial, "label_for_charts": "initial"},
            {"sql_condition": is_same, "label_for_charts": "same sound", **by_frequency},
            {"sql_condition": f"{heard} = 4", "label_for_charts": "sounds like", **by_frequency},
            {"sql_condition": f"{heard} = 3", "label_for_charts": "may sound like", **by_frequency},
            {"sql_condition": is_slip, "label_for_charts": "slip", **by_frequency},
            {"sql_condition": "ELSE", "label_for_charts": "another"},
        ],
    }


REST = {
    "output_column_name": "rest",
    "comparison_levels": [
        {"sql_condition": 'rest_of("rest_l", "rest_r") = 3', "label_for_charts": "shared"},
        {"sql_condition": 'rest_of("rest_l", "rest_r") = 2', "label_for_charts": "nothing, or often left out"},
        {"sql_condition": 'rest_of("rest_l", "rest_r") = 1', "label_for_charts": "left out"},
        {"sql_condition": "ELSE", "label_for_charts": "conflict"},
    ],
}
MISSION = {
    "output_column_name": "mission",
    "comparison_levels": [
        {"sql_condition": '"mission_l" is null or "mission_r" is null', "is_null_level": True},
        {
            "sql_condition": '"mission_l" = "mission_r"',
            "label_for_charts": "same",
            "tf_adjustment_column": "mission",
            "tf_minimum_u_value": 0.01,
        },
        {"sql_condition": "ELSE", "label_for_charts": "another"},
    ],
}
SHARED_COURSE = {
    "output_column_name": "courses",
    "comparison_levels": [
        {"sql_condition": '"courses_l" is null or "courses_r" is null', "is_null_level": True},
        {"sql_condition": 'list_has_any("courses_l", "courses_r")', "label_for_charts": "shared"},
        {"sql_condition": "ELSE", "label_for_charts": "none shared"},
    ],
}
SETTINGS = {
    "link_type": "link_only",
    "blocking_rules_to_generate_predictions": [
        {
            "blocking_rule": 'l."block" = r."block" and l."person" <> r."person" and l."mention" < r."mention" '
            'and (l."number" is null or r."number" is null)',
            "arrays_to_explode": ["block"],
        }
    ],
    "additional_columns_to_retain": ["mention", "first", "second"],
    "retain_matching_columns": True,
    "retain_intermediate_calculation_columns": False,
}
