"""Trains the model by which splink weighs names, on all sets of names but ``unseen``; writes its settings file.

    .venv/bin/python benchmarks/train_identity_model.py

``u`` (how often two people agree by chance) comes from pairs of mentions taken at random, ``m`` (how often one
officer's mentions agree) from labelled pairs: of every pair the likeliest reading under the model before, twice over.
The order of a name's parts says nothing, so the first and the second part get the mean of both. Seeds are fixed.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from orchestration.identity.scoring import MODEL, SETTINGS, comparisons, in_memory, linker_of
from tests.identity_pairs import labelled_pairs

SETS = ("development", "held_out", "third", "fourth")
ROUNDS = 2
LIKELIEST_READING = """
select source_dataset_l, unique_id_l, source_dataset_r, unique_id_r
from scored
inner join same using (mention_l, mention_r)
qualify row_number() over (
    partition by mention_l, mention_r
    order by round(match_weight, 6) desc, unique_id_l, unique_id_r
) = 1
"""


def main() -> None:
    pairs = [pair for half in SETS for pair in labelled_pairs(half, seed=1, same=700, different=250, people=300)]
    mentions = [mention for pair in pairs for mention in (pair.left, pair.right)]
    same = [(pair.left.key, pair.right.key) for pair in pairs if pair.is_same]
    settings = SETTINGS | {"comparisons": comparisons()}
    # Every mention is somebody else: what is known by number is weighed like the rest.
    everybody, numberless = {m.key: m.key for m in mentions}, dict.fromkeys(m.key for m in mentions)
    with in_memory() as connection:
        for turn in range(ROUNDS):
            linker = linker_of(connection, mentions, everybody, numberless, settings)
            if turn == 0:
                linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1, min_count_per_level=None)
            api = linker._db_api
            scored = linker.inference.predict(warning_mode="never")
            labels = pa.table({"mention_l": [min(pair) for pair in same], "mention_r": [max(pair) for pair in same]})
            api.duckdb_con.register("same", labels)
            found = scored.as_duckdbpyrelation().query("scored", LIKELIEST_READING).to_arrow_table()
            linker.training.estimate_m_from_pairwise_labels(api.register(found, table_name="labels"))
            settings = _even(linker.misc.save_model_to_json())
    MODEL.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    print(f"{MODEL}: {len(same)} pairs of one officer, {len(mentions)} mentions")


def _even(settings: dict) -> dict:
    """Both parts alike; a part that a name of one part lacks counts as one left out, which the names never show."""
    first, second, rest = (comparison["comparison_levels"] for comparison in settings["comparisons"][:3])
    left_out = next(level for level in rest if level["label_for_charts"] == "left out")
    for one, other in zip(first, second, strict=True):
        for probability in ("m_probability", "u_probability"):
            if probability in one and probability in other:
                one[probability] = other[probability] = (one[probability] + other[probability]) / 2
            else:
                one[probability] = other[probability] = left_out[probability]
    return settings


if __name__ == "__main__":
    main()
