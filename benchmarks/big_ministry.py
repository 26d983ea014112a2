"""A big synthetic ministry, published: 90 missions with five accounts each, and years of posts observed repeatedly.

One night of the sandbox gives the training, the texts and what the models read in them. Then the register and the
platforms' landing are written anew, by SQL into Parquet as the contracts ask, the models are built from nothing, and
the marts published.

    .venv/bin/python benchmarks/big_ministry.py FOLDER [--days 730] [--posts-a-day 1] [--observations 3]

Posts are 450 × days × posts a day; each is observed on so many days in a row. The audit is left out: what it costs is
another question.
"""

import csv
import os
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import click
import duckdb

from orchestration.contracts import Contract
from orchestration.dbt import run_dbt
from orchestration.landing import BATCH_LEDGER, Landing, Window
from orchestration.publication import Publications
from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.settings import Settings
from orchestration.sources import registry

LAST_DAY = date(2026, 3, 2)
BATCH = "big"

NATIVE_IDS = {
    "x": "{}",
    "facebook": "{}",
    "instagram": "{}",
    "linkedin": "{}",
    "youtube": "UC{:0>22}",
}
"""The platforms of every mission, and how each writes an account's number."""

ACCOUNTS = {
    "x": "native_id as id, handle as username, name, followers as followers_count",
    "facebook": "native_id as id, handle as username, name, followers as followers_count",
    "instagram": "native_id as id, handle as username, name, followers as followers_count",
    "linkedin": "native_id as id, handle as vanity_name, name, followers as followers_count",
    "youtube": "native_id as id, handle, name as title, followers as subscriber_count",
}
POSTS = {
    "x": "number as id, native_id as author_id, text, posted_at as created_at, language as lang, "
    "reactions as like_count, comments as reply_count, shares as repost_count, 0 as quote_count, 0 as bookmark_count, "
    "impressions as impression_count",
    "facebook": "native_id || '_' || number as id, native_id as page_id, text as message, posted_at as created_time, "
    "reactions as reactions_count, comments as comments_count, shares as shares_count, "
    "impressions as post_media_view",
    "instagram": "number as id, native_id as ig_user_id, text as caption, posted_at as timestamp, "
    "'IMAGE' as media_type, 'FEED' as media_product_type, reactions as like_count, comments as comments_count, "
    "shares, impressions as views, impressions * 2 // 3 as reach",
    "linkedin": "'urn:li:ugcPost:' || number as id, native_id as organization_id, text as commentary, "
    "posted_at as published_at, reactions as like_count, comments as comment_count, shares as share_count, "
    "impressions as impression_count",
    "youtube": "right(number, 11) as id, native_id as channel_id, text as title, posted_at as published_at, "
    "reactions as like_count, comments as comment_count, impressions as view_count",
}
"""What an observed account or post is in the columns of each platform's contract; the others are NULL."""

MADE_UP = """
create table observed_accounts as
select
    accounts.*,
    days.day,
    (500 + hash(number) % 20000 + (days.day - $first_day) * (1 + hash(number, 1) % 9))::bigint as followers
from accounts
cross join (select unnest(generate_series($first_day, $last_day, interval 1 day))::date as day) as days;

create table posts as
with made as (
    select
        accounts.* exclude (number),
        2028000000000000000 + row_number() over () as number,
        day + to_seconds((hash(accounts.number, day, nth) % 86400)::bigint) as posted_at,
        (hash(day, nth, accounts.number) % (select count(*) from texts))::bigint as place,
        exp(1 + (hash(nth, accounts.number, day) % 1000) / 200) as reach
    from observed_accounts as accounts
    cross join range($posts_a_day) as of_day (nth)
)
select *
from made
inner join texts using (place);

create table observed_posts as
select
    posts.* exclude (day) replace (number::varchar as number),
    posted_at::date + age::integer as day,
    (12 * reach * (1 - exp(-(age + 1) / 2.0)))::bigint as impressions,
    (reach * (1 - exp(-(age + 1) / 2.0)))::bigint as reactions,
    reactions // 8 as comments,
    reactions // 5 as shares
from posts
cross join range($observations) as observed (age)
where posted_at::date + age::integer <= $last_day;
"""


def make(data_dir: Path, days: int, posts_a_day: int, observations: int, told=print) -> Path:
    """Make it below ``data_dir``, which must not hold anything yet. Returns the publication."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise click.ClickException(f"{data_dir} is not empty; name a folder that is, or is not there yet")
    settings = Settings().model_copy(update={"data_dir": data_dir.resolve()})
    _timed(told, "one night of the sandbox", lambda: _night(settings))
    _timed(told, "the landing", lambda: _land(settings, days, posts_a_day, observations))
    _timed(told, "the models", lambda: _build(settings))
    publications = Publications(settings.published_dir)
    _timed(told, "the publication", lambda: publications.publish(settings.warehouse, "big", is_synthetic=True))
    return publications.current


def _timed(told, what: str, work) -> None:
    began = time.monotonic()
    work()
    told(f"{what}: {time.monotonic() - began:.0f} s")


def _night(settings: Settings) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIFARAT_")}
    night = [Path(sys.executable).parent / "sifarat", "nightly", "--to", str(LAST_DAY)]
    environment |= {"SIFARAT_DATA_DIR": str(settings.data_dir)}
    subprocess.run(night, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _land(settings: Settings, days: int, posts_a_day: int, observations: int) -> None:
    landing = Landing(settings.landing_dir, is_synthetic=True)
    first_day = LAST_DAY - timedelta(days=days - 1)
    accounts = _register(settings.data_dir / "register", first_day)
    for batch in registry.extract(settings.data_dir / "register", Window.of_day(LAST_DAY), is_synthetic=True):
        landing.write(batch)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.published_dir / 'current.duckdb'}' as night (read_only)")
        connection.execute(
            "create table texts as select row_number() over (order by text) - 1 as place, text, language "
            "from (select text, any_value(reading.language) as language from night.marts.fct_post "
            "inner join night.marts.fct_post_reading as reading using (post_id) where text <> '' group by text)"
        )
        connection.execute(
            "create table accounts (number integer, platform varchar, native_id varchar, handle varchar, name varchar)"
        )
        connection.executemany("insert into accounts values (?, ?, ?, ?, ?)", accounts)
        given = {"first_day": first_day, "last_day": LAST_DAY, "posts_a_day": posts_a_day, "observations": observations}
        for statement in MADE_UP.split(";\n\n"):
            connection.execute(statement, {name: value for name, value in given.items() if f"${name}" in statement})
        connection.execute("set partitioned_write_max_open_files = 4")
        for name in registry.PLATFORMS:
            for folder in (name, f"_batches/{name}", f"_quarantine/{name}", f"_warnings/{name}"):
                shutil.rmtree(landing.root / folder, ignore_errors=True)
            for contract in registry.platform(name).contracts:
                landing.declare(contract)
        for name in NATIVE_IDS:
            platform = registry.platform(name)
            _write(connection, landing, platform.accounts, "observed_accounts", ACCOUNTS[name])
            _write(connection, landing, platform.posts, "observed_posts", POSTS[name])


def _register(folder: Path, first_day: date) -> list[tuple]:
    """Write the register's two files; returns number, platform, native id, handle and name of every account."""
    folder.mkdir()
    shutil.copy(REGISTRY_DIR / "missions.csv", folder)
    with open(REGISTRY_DIR / "missions.csv", encoding="utf-8", newline="") as file:
        missions = list(csv.DictReader(file))
    accounts = []
    with open(folder / "accounts.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["platform", "handle", "native_id", "mission_id", "display_name", "registered_from",
                         "registered_until", "language", "is_official", "owner", "second_owner"])  # fmt: skip
        for platform, form in NATIVE_IDS.items():
            for mission in missions:
                number = 100_000 + len(accounts)
                account = (number, platform, form.format(number), f"syn{number}", mission["name"])
                accounts.append(account)
                owners = [f"{part}.{number}@example.org" for part in ("one", "two")]
                writer.writerow([*account[1:2], account[3], account[2], mission["mission_id"], account[4], first_day,
                                 None, "en", "yes", *owners])  # fmt: skip
    return accounts


def _write(connection: duckdb.DuckDBPyConnection, landing: Landing, contract: Contract, table: str, columns: str):
    """Land a made-up table as one batch a day, and commit the batches in the ledger."""
    of_platform = f"{table} where platform = '{contract.source}'"
    provenance = (
        f"day as date, day + interval 26 hour as observed_at, '{BATCH}' as batch_id, true as is_synthetic, "
        "'made up' as source_file"
    )
    ledger = (
        f"select '{contract.source}' as source, '{contract.table}' as table_name, {provenance}, count(*) as received, "
        f"received as landed, 0 as quarantined, 0 as repeated, 0 as warned from {of_platform} group by day"
    )
    for folder, contents, names in (
        (f"{contract.source}/{contract.table}", f"select {columns}, {provenance} from {of_platform}", contract.schema),
        (f"_batches/{contract.source}/{contract.table}", ledger, BATCH_LEDGER),
    ):
        parts = landing.root / folder
        contract_part = next(
            (landing.root / ("_batches/_contract/_contract" if names is BATCH_LEDGER else folder)).glob("date=1970*/*")
        )
        parts.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"copy (select * from read_parquet('{contract_part}', hive_partitioning = false) "
            f"union all by name {contents} order by date) to '{parts}' "
            f"(format parquet, compression zstd, partition_by (date), filename_pattern 'part-{BATCH}-{{i}}', "
            "overwrite_or_ignore true)"
        )


def _build(settings: Settings) -> None:
    kinds = ["--resource-type", "model", "--resource-type", "seed"]
    list(run_dbt(["build", "--full-refresh", *kinds], settings))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--days", default=730, show_default=True)
@click.option("--posts-a-day", default=1, show_default=True)
@click.option("--observations", default=3, show_default=True)
def main(folder: Path, days: int, posts_a_day: int, observations: int) -> None:
    """Make and publish the big ministry in FOLDER, which must be empty."""
    click.echo(make(folder, days, posts_a_day, observations, click.echo))


if __name__ == "__main__":
    main()
