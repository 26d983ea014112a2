"""Erasure from what the sources landed: who is meant, what goes, what stays, and who must not come again."""

import shutil
import sqlite3
from datetime import date

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner
from jinja2 import Environment

from orchestration.cli import sifarat
from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.erasure import ErasureError
from orchestration.erasure.suppression import Suppression, load
from orchestration.identity.linkage import Answer
from orchestration.identity.people import link_landed
from orchestration.identity.review import answer, open_questions
from orchestration.landing import Landing, Window, commit
from orchestration.pseudonyms import make_key_once
from orchestration.publication import Publications
from orchestration.sandbox.server import REGISTRY_DIR, Sandbox
from orchestration.settings import SHIPPED_MAPPINGS, Settings
from orchestration.sources import moodle, registry, sheets, teams, xapi, zoom
from tests.e2e.test_erasure import ADDRESS, AGAIN, COURSES, DAY, NAMED_ALONE, search
from tests.e2e.test_personal_data import MOODLE, NIGHT, MarkedLrs
from tests.integration.test_people import ASKED
from tests.meetings import land_reports
from tests.people import write_inbox
from tests.platforms import every_contract

HERS = {
    "moodle.completions": 1,
    "moodle.enrolments": 1,
    "moodle.grades": 1,
    "sheets.assessment_results": 1,
    "sheets.certificates": 1,
    "sheets.nominations": 2,
    "sheets.registrations": 1,
    "sheets.sign_ins": 1,
    "sheets.staff": 1,
    "sheets.test_results": 1,
    "teams.participants": 1,
    "xapi.statements": 1,
    "zoom.participants": 1,
}


class Ministry:
    """A data folder into which every source lands what it has, as a night does."""

    def __init__(self, folder, sandbox):
        self.sandbox = sandbox
        self.inbox, self.data = folder / "inbox", folder / "data"
        self.settings = Settings(data_dir=self.data)

    def progress(self, *_) -> None:
        """Tells nobody."""

    @property
    def landing(self) -> Landing:
        return Landing(self.data / "landing", is_synthetic=False, screen=load(self.settings))

    def land(self) -> Landing:
        landing, day = self.landing, date.fromisoformat(DAY)
        for contract in every_contract():
            landing.declare(contract)
        sheets.extract(landing, self.inbox, SHIPPED_MAPPINGS, progress=self.progress)
        for source in (zoom, teams):
            land_reports(landing, self.inbox, source, self.progress)
        asked = Settings(
            moodle_base_url=self.sandbox.base_url("moodle", NIGHT),
            moodle_token=self.sandbox.token,
            lrs_base_url=f"{self.sandbox.base_url('xapi', NIGHT)}/xAPI",
            lrs_username=self.sandbox.settings("xapi", NIGHT)["lrs_username"],
            lrs_password=self.sandbox.token,
        )
        with moodle.connect(asked) as site:
            moodle.extract(site, landing, asked, Window.of_day(day), is_synthetic=False, progress=self.progress)
        with xapi.connect(asked) as lrs:
            list(xapi.extract(lrs, landing, day, is_synthetic=False, progress=self.progress))
        link_landed(landing, self.settings.review)
        return landing

    def ledger(self) -> pl.DataFrame:
        """The ledger's entries of batches."""
        return pl.read_parquet(f"{self.data}/landing/_batches/*/*/*/*.parquet", hive_partitioning=False)

    def erase(self, *arguments: str):
        environment = {"SIFARAT_DATA_DIR": str(self.data), "COLUMNS": "200"}
        return CliRunner().invoke(sifarat, ["erase", *arguments], env=environment)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(7, also=[MOODLE, MarkedLrs()]) as running:
        yield running


@pytest.fixture(scope="module")
def landed(tmp_path_factory, sandbox):
    """What all tests begin with, landed once."""
    folder = tmp_path_factory.mktemp("landed")
    made = Ministry(folder, sandbox)
    write_inbox(made.inbox, courses=COURSES)
    make_key_once(made.settings.pseudonym_key)
    made.land()
    return folder


@pytest.fixture
def ministry(tmp_path, landed, sandbox):
    shutil.copytree(landed, tmp_path, dirs_exist_ok=True)
    return Ministry(tmp_path, sandbox)


def erased_by_table(ministry) -> dict[str, int]:
    told = ministry.ledger().group_by("source", "table_name").agg(pl.col("erased").sum()).filter(pl.col("erased") > 0)
    return {f"{source}.{table}": erased for source, table, erased in told.iter_rows() if source != "identity"}


def as_dbt_gives(settings: Settings, person_id: str) -> str:
    """The pseudonym by the macro's own SQL."""
    macro = (DBT_PROJECT_DIR / "macros" / "pseudonym.sql").read_text().partition("{% macro")[2]
    rendered = Environment().from_string("{% macro" + macro + "{{ pseudonym('?') }}")
    sql = rendered.render(env_var=lambda _: str(settings.pseudonym_key))
    with duckdb.connect() as connection:
        return connection.execute(f"select {sql}", [person_id]).fetchone()[0]


def counts_hold(ministry) -> bool:
    """The ledger counts what lies in the landing and in quarantine, and adds up."""
    for source, table, batch, landed, quarantined, received, repeated in (
        ministry.ledger()
        .select("source", "table_name", "batch_id", "landed", "quarantined", "received", "repeated")
        .iter_rows()
    ):
        [part] = (ministry.data / "landing" / source / table).glob(f"*/part-{batch}.parquet")
        rejects = list((ministry.data / "landing" / "_quarantine" / source / table).glob(f"*/part-{batch}.parquet"))
        rejected = pl.read_parquet(rejects[0])["record_number"].n_unique() if rejects else 0
        assert (pl.read_parquet(part).height, rejected) == (landed, quarantined), (source, table)
        assert received == landed + quarantined + repeated, (source, table)
    return True


def test_every_record_of_the_person_goes_and_the_ledger_tells_how_many(ministry):
    assert search(ministry.data)
    done = ministry.erase(ADDRESS, "--yes")
    assert (done.exit_code, done.exception) == (0, None), done.output
    assert search(ministry.data) == {}
    assert erased_by_table(ministry) == HERS
    assert counts_hold(ministry)
    # Her colleague's records stay, and the course that named her as its trainer.
    landing = ministry.landing
    assert landing.read(sheets.STAFF)["name"].to_list() == ["Bartholemy Okonkwu"]
    [course] = landing.read(sheets.COURSES)["raw"]
    assert "(erased)" in course


def test_sources_that_still_tell_of_the_person_land_nothing_again(ministry):
    ministry.erase(ADDRESS, "--yes")
    # The files anew under other names and with more in them: none is known by its content.
    (ministry.inbox / "staff.csv").write_text(AGAIN)
    (ministry.inbox / "zoom.csv").write_text(NAMED_ALONE)
    landing = ministry.land()
    assert search(ministry.data) == {}
    assert counts_hold(ministry)
    told = erased_by_table(ministry)
    assert (told["sheets.staff"], told["zoom.participants"]) == (2, 2)
    assert "Perpetua Nwachukwu" in landing.read(sheets.STAFF)["name"].to_list()


def test_the_account_that_the_person_answers_for_stays_without_an_owner(ministry):
    register = ministry.inbox.parent / "register"
    register.mkdir()
    shutil.copy(REGISTRY_DIR / "missions.csv", register)
    (register / "accounts.csv").write_text(
        "platform,handle,mission_id,registered_from,owner,second_owner\n"
        "x,PakinTokyo,tokyo,2020-01-01,quintavia@zz-mofa.example,Bartholemy Okonkwu\n"
    )
    window = Window.of_day(date.fromisoformat(DAY))
    for batch in registry.extract(register, window, is_synthetic=False):
        ministry.landing.write(batch)
    assert ministry.erase(ADDRESS, "--yes").exit_code == 0
    owners = ["owner", "second_owner"]
    assert ministry.landing.read(registry.ACCOUNTS).select(owners).rows() == [(None, "Bartholemy Okonkwu")]
    for batch in registry.extract(register, window, is_synthetic=False):
        ministry.landing.write(batch)
    assert ministry.landing.read(registry.ACCOUNTS).select(owners).rows() == [(None, "Bartholemy Okonkwu")]
    assert search(ministry.data) == {}


def test_a_rejected_record_goes_whatever_it_calls_the_person(ministry):
    """Of him each source rejects a record: by number, by full name, and as B. Okonkwu."""
    rejects = pl.read_parquet(f"{ministry.data}/landing/_quarantine/*/*/*/part-[!c]*.parquet", hive_partitioning=False)
    assert rejects.height >= 8
    done = ministry.erase("FSO-71002", "--yes")
    assert done.exit_code == 0, done.output
    left = list((ministry.data / "landing" / "_quarantine").rglob("part-[!c]*.parquet"))
    assert left == []
    assert counts_hold(ministry)
    assert ministry.landing.read(sheets.STAFF)["name"].to_list() == ["Quintavia Zebrowska"]


def test_a_publication_that_has_the_pseudonym_goes_and_another_stays(ministry):
    publications = Publications(ministry.settings.published_dir)
    for run_id, person_id in (("before", "FSO-71009"), ("with", "FSO-71001")):
        with duckdb.connect(str(ministry.settings.warehouse)) as connection:
            connection.execute("create schema if not exists marts; create schema if not exists quality")
            connection.execute(
                "create or replace table marts.dim_officer as select ? as officer_id",
                [as_dbt_gives(ministry.settings, person_id)],
            )
        publications.publish(ministry.settings.warehouse, run_id, is_synthetic=False)
    done = ministry.erase(as_dbt_gives(ministry.settings, "FSO-71001"), "--yes")
    assert done.exit_code == 0, done.output
    assert [publication.run_id for publication in publications.all()] == ["before"]
    assert (publications.current.exists(), ministry.settings.warehouse.exists()) == (False, False)
    assert "Nothing is published now" in done.output


def test_logs_and_histories_keep_all_but_the_name(ministry):
    home = ministry.data / "dagster"
    home.mkdir()
    (home / "run.log").write_text('{"said": "read Zebrowska, Quintavia", "rows": 71001}\n')
    with sqlite3.connect(home / "runs.db") as connection:
        connection.execute("create table events (id integer, event text)")
        connection.execute("insert into events values (1, 'sent to QUINTAVIA@zz-mofa.example'), (2, 'step ended')")
    done = ministry.erase(ADDRESS, "--yes")
    assert done.exit_code == 0, done.output
    assert (home / "run.log").read_text() == '{"said": "read (erased), (erased)", "rows": 71001}\n'
    with sqlite3.connect(home / "runs.db") as connection:
        assert connection.execute("select * from events").fetchall() == [(1, "sent to (erased)"), (2, "step ended")]


def test_an_erasure_cut_short_is_completed_by_the_same_command(ministry, monkeypatch):
    """The disk fails in the middle of the landing: half of the batches are rewritten."""
    done = []

    def failing(*arguments):
        if len(done) == 5:
            raise OSError("no space left on device")
        done.append(commit(*arguments))

    with monkeypatch.context() as patched:
        patched.setattr("orchestration.erasure.landed.commit", failing)
        assert isinstance(ministry.erase(ADDRESS, "--yes").exception, OSError)
    assert search(ministry.data)
    # What her sources give meanwhile is kept out already.
    ministry.land()
    assert ministry.erase(ADDRESS, "--yes").exit_code == 0
    assert search(ministry.data) == {}
    assert counts_hold(ministry)
    assert erased_by_table(ministry) == HERS


def test_a_namesake_known_by_another_number_stays_now_and_later(tmp_path, ministry):
    (ministry.inbox / "staff.csv").write_text(
        AGAIN + "FSO-71004,Perpetua Nwachukwu,pn@zz-mofa.example,oslo,2025-09-01\n"
    )
    ministry.land()
    done = ministry.erase("FSO-71003", "--yes")
    assert done.exit_code == 0, done.output
    assert ministry.landing.read(sheets.STAFF).filter(name="Perpetua Nwachukwu")["service_number"].to_list() == [
        "FSO-71004"
    ]
    (ministry.inbox / "staff.csv").write_text(
        AGAIN + "FSO-71005,Perpetua Nwachukwu,p5@zz-mofa.example,oslo,2025-09-02\n"
    )
    assert "FSO-71005" in ministry.land().read(sheets.STAFF)["service_number"].to_list()


def test_a_name_of_two_people_erases_neither(ministry):
    (ministry.inbox / "staff.csv").write_text(
        AGAIN + "FSO-71004,Perpetua Nwachukwu,pn@zz-mofa.example,oslo,2025-09-01\n"
    )
    ministry.land()
    done = ministry.erase("Perpetua Nwachukwu", "--yes")
    assert (done.exit_code, "2 people are meant: officer-" in done.output) == (1, True)
    assert "Nwachukwu" not in done.output


def test_nothing_is_erased_without_a_yes(ministry):
    before = search(ministry.data)
    assert ministry.erase(ADDRESS, "--dry-run").exit_code == 0
    assert ministry.erase(ADDRESS).exit_code == 1
    assert search(ministry.data) == before
    assert not (ministry.data / "suppressed.csv").exists()


def test_the_list_tells_nobody_and_only_its_key_reads_it(ministry):
    ministry.erase(ADDRESS, "--yes")
    path = ministry.data / "suppressed.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    header, *rows = path.read_text().splitlines()
    assert header == "hash,key_id,erased_on"
    assert all(pl.Series(rows).str.contains("^[0-9a-f]{64},[0-9a-f]{12},[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
    # HMAC-SHA-256 of the address under the key, by `openssl dgst -sha256 -hmac`.
    assert (
        Suppression(path, b"key").hash_of(("email", ADDRESS))
        == "59b2eb6b233d1b2d47e211851b9333a990050d73f61a8061828264e9d384f18a"
    )
    ministry.settings.pseudonym_key.write_text("another\n")
    with pytest.raises(ErasureError, match="SIFARAT_SUPPRESSION_KEY_FILE"):
        load(ministry.settings)


def test_a_question_about_the_person_is_to_be_answered_first(ministry):
    """A certificate of A. Siddiqui may be hers: until somebody says so it is not known what is to be erased."""
    (ministry.inbox / "staff.csv").write_text(ASKED)
    (ministry.inbox / "certificates.csv").write_text(
        "Certificate,Who,Course,Name,Email,Day\nC-9,A. Siddiqui,W1,A. Siddiqui,,2026-03-04\n"
    )
    ministry.land()
    done = ministry.erase("amara@zz-mofa.example", "--yes")
    assert (done.exit_code, "sifarat review" in done.output) == (1, True)
    [question] = [row for row in open_questions(ministry.settings.review) if "siddiqui" in row["evidence"].lower()]
    answer(ministry.settings.review, question["left"], question["right"], Answer.SAME)
    done = ministry.erase("amara@zz-mofa.example", "--yes")
    assert done.exit_code == 0, done.output
    assert "Siddiqui" not in "".join(ministry.landing.read(sheets.CERTIFICATES)["raw"])


def test_records_that_were_landed_before_a_column_was_are_told_by_the_others(ministry):
    staff = ministry.landing.read(sheets.STAFF).drop("date", "service_number")
    list_ = load(ministry.settings).with_identifiers({("email", ADDRESS)})
    assert list_.records(sheets.STAFF, staff).height == staff.height - HERS["sheets.staff"]


def test_a_damaged_file_does_not_keep_a_person_from_being_erased(ministry):
    """What is damaged cannot be searched: of sources about people it goes, of posts it stays where it lies."""
    damaged = ministry.data / "landing" / "_damaged"
    of_posts, of_people = (
        damaged / source / f"date={DAY}" / "part-x.parquet" for source in ("x/posts", "identity/people")
    )
    for path in (of_posts, of_people):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"PAR1 and no more")
    done = ministry.erase(ADDRESS, "--yes")
    assert done.exit_code == 0, done.output
    assert (of_posts.exists(), of_people.exists()) == (True, False)


def test_without_the_key_nobody_is_erased(ministry):
    """Hashes under no key could be made by anybody, and the key of the next night would be another."""
    ministry.settings.pseudonym_key.unlink()
    done = ministry.erase(ADDRESS, "--yes")
    assert (done.exit_code, "Put the key back" in " ".join(done.output.split())) == (1, True), done.output
    assert not (ministry.data / "suppressed.csv").exists()
