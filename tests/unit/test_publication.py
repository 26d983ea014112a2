import os
import struct
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from orchestration.publication import PublicationError, Publications


@pytest.fixture
def warehouse(tmp_path):
    """Builds the warehouse anew with marts, an audit and personal data; ``likes`` tells the builds apart."""
    path = tmp_path / "warehouse.duckdb"

    def build(likes: int = 1, *schemas: str):
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            for schema in schemas or ("marts", "quality", "restricted"):
                connection.execute(f"create schema {schema}")
                connection.execute(f"create table {schema}.rows as select {likes} as likes from range(3)")
        return path

    return build


@pytest.fixture
def publications(tmp_path) -> Publications:
    return Publications(tmp_path / "published", kept=3)


def likes(path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select max(likes) from marts.rows").fetchone()[0]


def publish(publications, warehouse, *runs: tuple[str, int]) -> None:
    """Publish builds one after the other, a minute apart."""
    for minute, (run_id, number) in enumerate(runs):
        publications.publish(warehouse(number), run_id, is_synthetic=False)
        finished = datetime(2026, 1, 2, 1, minute, tzinfo=UTC).timestamp()
        os.utime(publications.folder / f"marts-{run_id}.duckdb", (finished, finished))


def run_ids(publications) -> list[str]:
    return [publication.run_id for publication in publications.all()]


def files(publications) -> set[str]:
    return {path.name for path in publications.folder.iterdir()}


def test_marts_and_quality_are_published_and_nothing_else(publications, warehouse):
    rows = publications.publish(warehouse(), "a", is_synthetic=True)
    assert rows == {"marts.rows": 3, "quality.publication": 1, "quality.rows": 3}
    with duckdb.connect(str(publications.current), read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables() order by 1").fetchall()
        assert schemas == [("marts",), ("quality",)]
        run = connection.execute("select run_id, is_synthetic, published_at from quality.publication").fetchone()
    assert run[:2] == ("a", True)
    assert abs(run[2].replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert files(publications) == {"marts-a.duckdb", "current.duckdb"}


def test_descriptions_travel_with_tables_and_columns(publications, warehouse):
    path = warehouse()
    with duckdb.connect(str(path)) as connection:
        connection.execute("comment on table marts.rows is 'One row per post; the mission''s own.'")
        connection.execute("comment on column marts.rows.likes is 'Likes as X counts them'")
    publications.publish(path, "a", is_synthetic=False)
    with duckdb.connect(str(publications.current), read_only=True) as connection:
        of_table = "select comment from duckdb_tables() where schema_name = 'marts'"
        of_column = "select comment from duckdb_columns() where schema_name = 'marts'"
        assert connection.execute(of_table).fetchall() == [("One row per post; the mission's own.",)]
        assert connection.execute(of_column).fetchall() == [("Likes as X counts them",)]


def test_a_reader_keeps_what_it_opened_and_sees_the_new_publication_when_it_opens_again(publications, warehouse):
    publish(publications, warehouse, ("a", 1))
    with duckdb.connect(str(publications.current), read_only=True) as reader:
        publications.publish(warehouse(2), "b", is_synthetic=False)
        assert reader.execute("select max(likes) from marts.rows").fetchone() == (1,)
    assert likes(publications.current) == 2


def test_a_reader_that_has_the_warehouse_open_does_not_stop_publishing(publications, warehouse):
    path = warehouse()
    with duckdb.connect(str(path), read_only=True):
        publications.publish(path, "a", is_synthetic=False)
    assert likes(publications.current) == 1


def test_files_are_in_the_storage_version_that_duckdb_1_0_reads(publications, warehouse):
    publications.publish(warehouse(), "a", is_synthetic=False)
    header = publications.current.read_bytes()[:20]
    # DuckDB's main header: a checksum, the letters DUCK, the version. Versions 1.0 to 1.1 read and write 64.
    assert header[8:12] == b"DUCK"
    assert struct.unpack("<Q", header[12:20]) == (64,)


def test_the_last_publications_are_kept_and_older_ones_removed(publications, warehouse):
    publish(publications, warehouse, ("a", 1), ("b", 2), ("c", 3), ("d", 4))
    assert run_ids(publications) == ["d", "c", "b"]
    assert files(publications) == {"marts-b.duckdb", "marts-c.duckdb", "marts-d.duckdb", "current.duckdb"}
    assert likes(publications.current) == 4


def test_the_current_publication_is_kept_though_others_seem_newer(tmp_path, warehouse):
    # A clock that was set back: the older publication's time lies ahead.
    publications = Publications(tmp_path / "published", kept=1)
    publications.publish(warehouse(1), "a", is_synthetic=False)
    ahead = (datetime.now(UTC) + timedelta(days=1)).timestamp()
    os.utime(publications.folder / "marts-a.duckdb", (ahead, ahead))
    publications.publish(warehouse(2), "b", is_synthetic=False)
    assert publications.open_one().run_id == "b"
    assert likes(publications.current) == 2


def test_a_rollback_goes_one_publication_back_each_time(publications, warehouse):
    publish(publications, warehouse, ("a", 1), ("b", 2), ("c", 3))
    assert publications.roll_back().run_id == "b"
    assert likes(publications.current) == 2
    assert publications.roll_back().run_id == "a"
    assert publications.open_one().run_id == "a"
    assert run_ids(publications) == ["c", "b", "a"]


def test_a_rollback_may_name_any_publication_that_is_kept(publications, warehouse):
    publish(publications, warehouse, ("a", 1), ("b", 2), ("c", 3))
    publications.roll_back("a")
    assert likes(publications.current) == 1
    publications.roll_back("c")
    assert likes(publications.current) == 3


def test_publishing_after_a_rollback_makes_the_new_one_current(publications, warehouse):
    publish(publications, warehouse, ("a", 1), ("b", 2))
    publications.roll_back()
    publications.publish(warehouse(3), "c", is_synthetic=False)
    assert publications.open_one().run_id == "c"
    assert likes(publications.current) == 3


def test_rolling_back_to_what_is_current_already_changes_nothing(publications, warehouse):
    publish(publications, warehouse, ("a", 1), ("b", 2))
    publications.roll_back("b")
    assert likes(publications.current) == 2
    assert files(publications) == {"marts-a.duckdb", "marts-b.duckdb", "current.duckdb"}


def test_a_rollback_beyond_the_oldest_is_refused_and_tells_what_is_kept(publications, warehouse):
    publish(publications, warehouse, ("a", 1), ("b", 2))
    publications.roll_back()
    with pytest.raises(PublicationError, match=r"no older publication to go back to .*Kept: b, a"):
        publications.roll_back()
    assert publications.open_one().run_id == "a"


def test_a_rollback_to_an_unknown_run_is_refused_and_tells_what_is_kept(publications, warehouse):
    publish(publications, warehouse, ("a", 1), ("b", 2))
    with pytest.raises(PublicationError, match=r"no publication z .*Kept: b, a"):
        publications.roll_back("z")
    assert publications.open_one().run_id == "b"


def test_before_the_first_publication_there_is_nothing_to_open_or_to_go_back_to(publications):
    assert publications.open_one() is None
    assert publications.all() == []
    with pytest.raises(PublicationError, match="Kept: none"):
        publications.roll_back()


def test_a_warehouse_without_marts_is_refused_and_the_current_publication_stays(publications, warehouse):
    publish(publications, warehouse, ("a", 1))
    with pytest.raises(PublicationError, match=r"warehouse\.duckdb holds no marts; run `make nightly`"):
        publications.publish(warehouse(2, "staging"), "b", is_synthetic=False)
    assert files(publications) == {"marts-a.duckdb", "current.duckdb"}
    assert likes(publications.current) == 1


def test_a_copy_that_fails_half_way_leaves_no_file_and_the_current_publication_stays(publications, warehouse):
    publish(publications, warehouse, ("a", 1))
    path = warehouse(2)
    with duckdb.connect(str(path)) as connection:
        # The table's name collides with the one that tells which run published.
        connection.execute("create table quality.publication as select 1 as mine")
    with pytest.raises(duckdb.Error):
        publications.publish(path, "b", is_synthetic=False)
    assert files(publications) == {"marts-a.duckdb", "current.duckdb"}
    assert likes(publications.current) == 1


@pytest.mark.parametrize("leftover", [".marts-b.tmp", ".marts-b.tmp.wal", ".marts-z.tmp", ".current.tmp"])
def test_what_a_crashed_run_left_is_harmless(publications, warehouse, leftover):
    publish(publications, warehouse, ("a", 1))
    (publications.folder / leftover).write_bytes(b"half a file")
    assert run_ids(publications) == ["a"]
    publications.publish(warehouse(2), "b", is_synthetic=False)
    assert run_ids(publications) == ["b", "a"]
    assert likes(publications.current) == 2


def test_publishing_a_run_again_replaces_its_own_publication(publications, warehouse):
    publish(publications, warehouse, ("a", 1))
    publications.publish(warehouse(5), "a", is_synthetic=False)
    assert run_ids(publications) == ["a"]
    assert likes(publications.current) == 5
