"""Readers of current.duckdb while it is published anew fifty times in a row: none fails, none sees half of one."""

import json
import subprocess
import sys

import duckdb

from orchestration.publication import Publications

PUBLICATIONS = 50
READS_UNTIL_TOLD = """
import json, sys, threading
import duckdb

told = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
reads, errors, seen = 0, [], set()
print("reading", flush=True)
while not told.is_set():
    try:
        with duckdb.connect(sys.argv[1], read_only=True) as connection:
            [(one, other)] = connection.execute(
                "select (select list(distinct generation) from marts.posts), "
                "(select list(distinct generation) from quality.checks)"
            ).fetchall()
        if one != other or len(one) != 1:
            errors.append(f"half of a publication: {one}, {other}")
        seen.update(one)
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")
    reads += 1
print(json.dumps({"reads": reads, "errors": errors, "seen": sorted(seen)}))
"""


def test_no_reader_fails_during_fifty_publications(tmp_path):
    warehouse, publications = tmp_path / "warehouse.duckdb", Publications(tmp_path / "published", kept=3)

    def publish(generation: int) -> None:
        with duckdb.connect(str(warehouse)) as connection:
            for schema, table in (("marts", "posts"), ("quality", "checks")):
                connection.execute(f"create schema if not exists {schema}")
                connection.execute(
                    f"create or replace table {schema}.{table} as "
                    f"select {generation} as generation, i, repeat('x', 40) as text from range(2000) as t(i)"
                )
        publications.publish(warehouse, f"run-{generation:02}", is_synthetic=True)

    publish(0)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READS_UNTIL_TOLD, publications.current],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout.readline() == "reading\n"
    for generation in range(1, PUBLICATIONS + 1):
        publish(generation)
    told = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]
    assert [reader["errors"] for reader in told] == [[], []]
    # They read all along, not only before and after.
    assert all(reader["reads"] > PUBLICATIONS and len(reader["seen"]) > PUBLICATIONS // 5 for reader in told)
