"""The command line: run a night, see how it went, read what it published, go back.

Heavy imports stand where they are used, so that ``--help`` and ``status`` answer at once.
"""

import os
import shutil
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import click
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from orchestration.commands import COMMANDS
from orchestration.console import alone, err, out
from orchestration.console import told_settings as _settings
from orchestration.dbt import DbtError
from orchestration.dbt import parse as parse_project
from orchestration.incidents import NotTold, root_cause, standing, tell
from orchestration.one_run import end_killed_runs
from orchestration.publication import PublicationError, Publications
from orchestration.settings import PROJECT_DIR, SHIPPED_MAPPINGS, Settings

LANDED_COLUMNS = {
    "received": "received",
    "landed": "dagster/row_count",
    "quarantined": "quarantined",
    "repeated": "repeated",
    "warned": "warned",
}
SHOWN_OF_A_KEY = 10
SHOWN_URLS = 5
SYNTHETIC = "[bold]SYNTHETIC DATA[/]: made by the sandbox; no figure here is about a real ministry."
OWN_ERRORS = {
    "AuditFailed",
    "DbtError",
    "ErasureError",
    "LandingError",
    "OtherSeed",
    "PublicationError",
    "Refusal",
    "SourceError",
    "SuiteError",
    "TooManyRejects",
}


class Day(click.ParamType):
    name = "YYYY-MM-DD"

    def convert(self, value, param, ctx):
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write it as 2026-11-23", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sifarat")
def sifarat() -> None:
    """Sifarat: the data warehouse of a foreign ministry's digital diplomacy.

    Settings come from the environment, each with the prefix SIFARAT_ (see the README).
    """


for command in COMMANDS:
    sifarat.add_command(command)


@sifarat.command()
@click.option("--from", "first", type=Day(), help="First UTC day.  [default: the last day that ended]")
@click.option("--to", "last", type=Day(), help="Last UTC day.  [default: the first]")
@click.option(
    "--inbox",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of exported files and training sheets, read in place.",
)
@click.option("--target", type=click.Choice(["duckdb"]), default="duckdb", show_default=True, help="dbt target.")
def nightly(first: date | None, last: date | None, inbox: Path | None, target: str) -> None:
    """Extract, land, model, audit and publish one day or a range of days.

    Without credentials and without an inbox the synthetic ministry of the sandbox is read, and everything it
    feeds is labelled synthetic. Running a day again replaces exactly what it landed. Exit status 1 means that
    nothing was published and the last publication still stands.
    """
    if inbox:
        os.environ["SIFARAT_INBOX"] = str(inbox.resolve())
    settings = _settings()
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    first = first or last or yesterday
    last = last or first
    if not settings.first_day <= first <= last <= yesterday:
        raise click.UsageError(
            f"{first} to {last}: days must lie between {settings.first_day} (SIFARAT_FIRST_DAY) and {yesterday}, "
            "the last day that ended in UTC, and the first must not be after the last."
        )
    err.print(f"[bold]Sifarat[/] nightly, {first}" + (f" to {last}" if last > first else ""))
    _tell_what_is_read(settings)
    sys.exit(0 if _run(settings, first, last) else 1)


@sifarat.command()
def status() -> None:
    """What is published, what the checks said, and how much was landed and quarantined."""
    settings = _settings()
    publications = Publications(settings.published_dir)
    current = publications.open_one()
    if current is None:
        raise click.ClickException(f"Nothing is published in {settings.published_dir} yet. Run `make nightly`.")
    listed = Table("publication", "published (UTC)", "MB", "", title="Publications")
    for publication in publications.all():
        listed.add_row(
            publication.run_id,
            f"{publication.published_at:%Y-%m-%d %H:%M:%S}",
            f"{publication.path.stat().st_size / 1e6:.1f}",
            "current" if publication == current else "",
        )
    out.print(listed)
    _summarise(publications.current)


@sifarat.command()
@click.argument("query", required=False)
def sql(query: str | None) -> None:
    """Open the published marts read-only in DuckDB's shell, or run one QUERY and print its rows."""
    current = _current_publication()
    if query is None and sys.stdin.isatty():
        _list_questions()
    _run_shell(current, *(["-c", query] if query else []))


@sifarat.command()
@click.argument("number", type=int, required=False)
def questions(number: int | None) -> None:
    """List the questions that analysts ask most, or print the answer to the one of this NUMBER.

    Each is a query in dbt_project/analyses, to be copied and changed at will; its head says the answer's grain.
    """
    from orchestration.questions import questions as read_questions

    if number is None:
        _list_questions()
        return
    asked = {question.number: question for question in read_questions()}
    if number not in asked:
        raise click.UsageError(f"There is no question {number}; they are numbered 1 to {max(asked)}.")
    current = _current_publication()
    err.print(f"{asked[number].asks} {asked[number].grain}", highlight=False, markup=False, soft_wrap=True)
    _run_shell(current, "-f", str(asked[number].path))


def _list_questions() -> None:
    from orchestration.questions import ANALYSES
    from orchestration.questions import questions as read_questions

    table = Table("", "question", title=f"Questions and their SQL in {os.path.relpath(ANALYSES)}")
    table.add_column("file", no_wrap=True)
    for question in read_questions():
        table.add_row(str(question.number), question.asks, question.path.name)
    err.print(table)
    err.print(
        f"Answered by `.venv/bin/sifarat questions {question.number}`, or in `.venv/bin/sifarat sql` by "
        f"`.read {os.path.relpath(question.path)}`",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _current_publication() -> Path:
    current = Publications(_settings().published_dir).current
    if not current.exists():
        raise click.ClickException(f"{current} does not exist yet. Run `make nightly` to publish the marts.")
    return current


def _run_shell(current: Path, *arguments: str) -> NoReturn:
    """Become DuckDB's shell on a publication."""
    shell = shutil.which("duckdb", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if shell is None:
        raise click.ClickException("DuckDB's shell is not installed here. Run `make setup`.")
    # `current` may be swapped while the session lasts; the file that was opened stays as it is.
    os.execv(shell, [shell, "-readonly", "-cmd", "set search_path='marts,quality'", *arguments, str(current)])


@sifarat.command()
@click.argument("question")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Posts shown.")
def search(question: str, limit: int) -> None:
    """Find published posts that say something like QUESTION, in any language."""
    from orchestration.enrichment import EnrichmentError
    from orchestration.enrichment.search import search as posts_like

    settings = _settings()
    current = _current_publication()
    try:
        hits = posts_like(question, settings, current, limit)
    except EnrichmentError as error:
        raise click.ClickException(str(error)) from None
    for hit in hits:
        # Lines of their own: an address that a table cuts short leads nowhere.
        facts = f"{hit.score:.3f}  {hit.posted_at:%Y-%m-%d}  {hit.mission}  {hit.language or ''}  {hit.url or 'no url'}"
        out.print(facts, markup=False, highlight=False, soft_wrap=True)
        out.print(f"       {' '.join(hit.text.split())[:200]}", markup=False, highlight=False, soft_wrap=True)


@sifarat.command()
@click.option("--day", type=Day(), help="Only alerts of this UTC day.")
@click.option("--since", type=Day(), help="Alerts of this UTC day and later.  [default: the last seven days told]")
def alerts(day: date | None, since: date | None) -> None:
    """Print the published alerts, newest first: what was expected, what came, and the posts to look at."""
    if day and since:
        raise click.UsageError("Give --day or --since, not both.")
    import duckdb

    with duckdb.connect(str(_current_publication()), read_only=True) as connection:
        [(newest,)] = connection.execute("select max(activity_date) from marts.fct_account_daily").fetchall()
        if newest is None:
            raise click.ClickException("No day of any account is published yet.")
        first, last = day or since or newest - timedelta(days=6), day or newest
        found = connection.execute(
            """
            select alerts.alert_date, alerts.severity, alerts.kind, alerts.mission_id, alerts.sentence,
                list(linked.url order by linked.place) filter (linked.url is not null)
            from marts.alerts
            left join marts.alert_posts as linked on alerts.alert_id = linked.alert_id
            where alerts.alert_date between ? and ?
            group by alerts.alert_id, alerts.alert_date, alerts.severity, alerts.kind, alerts.mission_id,
                alerts.sentence, alerts.strength
            order by alerts.alert_date desc, alerts.severity, alerts.strength desc, alerts.alert_id
            """,
            [first, last],
        ).fetchall()
        is_synthetic = _is_synthetic(connection)
    if not found:
        out.print(f"No alert from {first} to {last}.")
    for alert_date, severity, kind, mission, sentence, urls in found:
        # Lines of their own: an address that a table cuts short leads nowhere.
        head = f"{alert_date}  {severity:<6}  {kind:<19}  {mission}"
        for line in (head, *(f"    {told}" for told in (sentence, *(urls or [])[:SHOWN_URLS]))):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    if is_synthetic:
        out.print(SYNTHETIC)


@sifarat.command()
@click.option("--region", help="Only this region.")
@click.option("--week", type=Day(), help="The week that holds this UTC day.  [default: the last one told]")
def brief(region: str | None, week: date | None) -> None:
    """Print the published weekly brief of each region, or of one."""
    import duckdb

    with duckdb.connect(str(_current_publication()), read_only=True) as connection:
        told = connection.execute(
            "select title, text, written_by from marts.weekly_brief where week_start_date = coalesce("
            "cast(date_trunc('week', cast(? as date)) as date), (select max(week_start_date) from marts.weekly_brief)) "
            "and (? is null or lower(region) = lower(?)) order by region",
            [week, region, region],
        ).fetchall()
        known = connection.execute("select distinct region from marts.weekly_brief order by 1").fetchall()
        is_synthetic = _is_synthetic(connection)
    if not told:
        regions = ", ".join(name for (name,) in known) or "none"
        raise click.ClickException(f"There is no such brief. Weeks are told once they ended; regions: {regions}.")
    for title, text, written_by in told:
        out.print(
            f"[bold]{escape(title)}[/]" + ("" if written_by == "template" else f" [dim]({escape(written_by)})[/]")
        )
        out.print(f"{text}\n", markup=False, highlight=False)
    if is_synthetic:
        out.print(SYNTHETIC)


def _is_synthetic(connection) -> bool:
    return connection.execute("select is_synthetic from quality.publication").fetchall()[0][0]


@sifarat.command()
def calibrate() -> None:
    """Fit the models of language, topic, tone and duplicates anew to the labelled development posts.

    Needed after orchestration/enrichment/development.csv was edited, or the embedded model is another version.
    """
    from orchestration.enrichment.reader import DEVELOPMENT, SHIPPED_VECTORS, Reader, ship_development_vectors

    settings = _settings()
    ship_development_vectors(settings)
    alike = Reader(settings).alike
    out.print(f"{SHIPPED_VECTORS} is made from {DEVELOPMENT}.")
    out.print(f"Duplicates: a margin of {alike.across} across languages, a cosine of {alike.within} within one.")


@sifarat.command()
@click.option("--to", "run_id", help="Run id of a kept publication.  [default: the one before the current]")
def rollback(run_id: str | None) -> None:
    """Make an older publication current again; readers see it on their next opening."""
    try:
        publication = Publications(_settings().published_dir).roll_back(run_id)
    except PublicationError as error:
        raise click.ClickException(str(error)) from None
    out.print(f"Current is now {publication.run_id}, published {publication.published_at:%Y-%m-%d %H:%M:%S} UTC.")


@sifarat.group(invoke_without_command=True)
@click.pass_context
def review(context: click.Context) -> None:
    """List the questions of who is who that only a person can tell.

    Answer them with `sifarat review answer LEFT RIGHT same` (or different), or write the word into the file's column
    `answer`. The next night obeys, and keeps the answer for good.
    """
    if context.invoked_subcommand:
        return
    from orchestration.identity.review import open_questions

    path = _settings().review
    with _telling_unreadable():
        questions = open_questions(path)
    if not questions:
        out.print(f"No question is open in {path}.")
        return
    table = Table("left", "right", "score", "evidence", title=f"{len(questions)} open questions in {path}")
    for row in questions:
        table.add_row(
            row["left"][:SHOWN_OF_A_KEY], row["right"][:SHOWN_OF_A_KEY], row["score"], escape(row["evidence"])
        )
    out.print(table)
    out.print("To answer: .venv/bin/sifarat review answer LEFT RIGHT same|different", markup=False)


@review.command()
@click.argument("left")
@click.argument("right")
@click.argument("word", metavar="same|different", type=click.Choice(["same", "different"]))
def answer(left: str, right: str, word: str) -> None:
    """Say whether LEFT and RIGHT are the same person. Keys may be shortened, as the list shows them."""
    from orchestration.identity.linkage import Answer
    from orchestration.identity.review import answer as write_answer

    settings = _settings()
    # A run reads the file, and writes it with what it found.
    with _telling_unreadable(), alone(settings, "review"):
        row = write_answer(settings.review, left, right, Answer(word))
    out.print(f"{row['left'][:SHOWN_OF_A_KEY]} and {row['right'][:SHOWN_OF_A_KEY]}: {word}. The next night obeys.")


@contextmanager
def _telling_unreadable() -> Generator[None]:
    from orchestration.identity.review import UnreadableReview

    try:
        yield
    except UnreadableReview as error:
        raise click.ClickException(str(error)) from None


@sifarat.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True)
def ui(host: str, port: int) -> None:
    """Serve Dagster's UI and its daemon, which starts the nightly schedule."""
    _prepare_dagster_home(_settings())
    dagster = str(Path(sys.executable).parent / "dagster")
    arguments = ["dev", "-m", "orchestration.definitions", "-h", host, "-p", str(port)]
    os.execv(dagster, [dagster, *arguments])


@sifarat.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8501, show_default=True)
def dashboard(host: str, port: int) -> None:
    """Serve the digital media dashboard over the current publication; each load shows the newest.

    Without sign-in it is served on this machine alone. See docs/dashboard.md for sign-in and roles.
    """
    from dashboard.access import AccessError, check_exposure, read_roles

    settings = _settings()
    sign_in = settings.dashboard_sign_in_file
    try:
        check_exposure(host, has_sign_in=sign_in is not None)
        if sign_in is not None:
            if not sign_in.is_file():
                raise AccessError(f"The sign-in file {sign_in} does not exist (docs/dashboard.md)")
            read_roles(settings.dashboard_roles_file)
    except AccessError as error:
        raise click.ClickException(str(error)) from None
    streamlit = str(Path(sys.executable).parent / "streamlit")
    arguments = ["run", str(PROJECT_DIR / "dashboard" / "app.py"), "--server.address", host, "--server.port", str(port)]
    if sign_in is not None:
        arguments += ["--secrets.files", str(sign_in)]
    else:
        # A page of another site must not reach it under a name that it points at this machine.
        for name in dict.fromkeys((host, "localhost", "127.0.0.1")):
            arguments += ["--server.allowedHosts", name]
    os.execv(streamlit, [streamlit, *arguments])


@sifarat.command()
def parse() -> None:
    """Let dbt parse the models once, for the runs to come (`make setup` does)."""
    try:
        parse_project()
    except DbtError as error:
        raise click.ClickException(str(error)) from None


@sifarat.command()
def dictionary() -> None:
    """Write docs/metric_dictionary.md and docs/data_dictionary.md anew from the parsed models (`make dictionary`)."""
    from orchestration.dictionary import pages, read_dictionary

    for name, page in pages(read_dictionary()).items():
        path = PROJECT_DIR / "docs" / name
        path.write_text(page, encoding="utf-8")
        out.print(f"Wrote {path}", soft_wrap=True)


def _prepare_dagster_home(settings: Settings) -> None:
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_DIR / "orchestration" / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["SIFARAT_EVENT_LOG_DIR"] = str(settings.dagster_home / "history" / "runs")


def _tell_what_is_read(settings: Settings) -> None:
    if settings.is_sandbox:
        err.print(
            "No credentials and no inbox: reading the [bold]synthetic[/] ministry of the sandbox. "
            "Everything below is labelled synthetic."
        )
    if settings.inbox:
        from orchestration.sources import SourceError
        from orchestration.sources.mappings import unmapped_files

        try:
            unmapped = unmapped_files(settings.inbox, SHIPPED_MAPPINGS)
            unread = [name for name in unmapped if not _is_meeting_report(settings.inbox, name)]
        except SourceError as error:
            raise click.ClickException(str(error)) from None
        err.print(f"Reading the inbox {settings.inbox}")
        for name in unread:
            err.print(f"[yellow]  {name}: no mapping reads this file, so it is left out; add a *.mapping.yaml[/]")


def _is_meeting_report(inbox: Path, name: str) -> bool:
    """Whether it is Zoom's or Teams' and so needs no mapping; also when it is a broken one, which the run will tell."""
    from orchestration.sources import SourceError, teams, zoom
    from orchestration.sources.meetings import Clock

    content = (inbox / name).read_bytes()
    try:
        return any(source.read_file(content, name, Clock("UTC")) is not None for source in (zoom, teams))
    except SourceError:
        return True


def _run(settings: Settings, first: date, last: date) -> bool:
    """Run the job in this process, on the instance whose history the UI shows. Returns whether it published."""
    run_id = str(uuid4())
    with alone(settings, "nightly", run_id):
        return _run_alone(settings, run_id, first, last)


def _run_alone(settings: Settings, run_id: str, first: date, last: date) -> bool:
    _prepare_dagster_home(settings)
    with err.status("starting"):
        import dagster as dg

        from orchestration.definitions import defs

        job = defs().resolve_job_def("nightly")
    days: dict[str, Any] = (
        {"partition_key": str(first)}
        if first == last
        else {
            "tags": {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
        }
    )
    with dg.DagsterInstance.get() as instance, _quiet_stdout():
        for killed in end_killed_runs(settings, instance):
            err.print(f"Run {killed} was killed; this run does its work anew.")
        result = job.execute_in_process(
            instance=instance, raise_on_error=False, run_config={"loggers": {"terminal": {}}}, run_id=run_id, **days
        )
        _tell_of_incidents(settings, instance)
    _show_landed(event.step_materialization_data.materialization for event in _events(result, "ASSET_MATERIALIZATION"))
    for event in _events(result, "STEP_FAILURE"):
        _show_failure(event)
    checks = result.get_asset_check_evaluations()
    _show_checks(checks)
    publications = Publications(settings.published_dir)
    if result.success:
        _summarise(publications.current)
        err.print("To read them: [bold].venv/bin/sifarat sql[/], or any DuckDB client, read-only")
        return True
    before = publications.open_one()
    err.print(
        "[red bold]Nothing was published.[/] "
        + (f"The publication of {before.published_at:%Y-%m-%d %H:%M} UTC still stands." if before else "")
    )
    return False


def _tell_of_incidents(settings: Settings, instance) -> None:
    """As the daemon's sensor does: nights may run from cron."""
    now = datetime.now(UTC)
    try:
        for incident in tell(settings, standing(settings, instance, now), now):
            err.print(f"Told of it: {incident.title}")
    except NotTold as error:
        err.print(f"[yellow]{error}[/]")


@contextmanager
def _quiet_stdout() -> Generator[None]:
    """Send what dbt prints to Dagster's log of the step alone; the terminal handler tells the progress on stderr."""
    sys.stdout.flush()
    terminal = os.dup(1)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(terminal, 1)
        os.close(terminal)


def _events(result, kind: str) -> list:
    return [event for event in result.all_events if event.event_type_value == kind]


def _show_landed(materializations: Iterable) -> None:
    table, costs = Table("landed by this run", *LANDED_COLUMNS, title="Landing"), []
    landed = {m.asset_key.to_user_string(): m.metadata for m in materializations if "received" in m.metadata}
    for name, metadata in sorted(landed.items(), key=lambda item: item[0]):
        figures = [metadata[column].value for column in LANDED_COLUMNS.values()]
        if any(figures):
            table.add_row(name.replace("/", "."), *(f"{figure:,}" for figure in figures))
        told = [(key, value.value) for key, value in metadata.items() if key.startswith("reading/")]
        if told:
            costs.append((name.split("/")[0], told))
    if not table.rows:
        err.print("Nothing new was landed: every file of the inbox is landed already.")
        return
    err.print(table)
    for source, told in costs:
        words = ", ".join(f"{key.removeprefix('reading/').replace('_', ' ')} {value:,}" for key, value in told)
        err.print(f"Reading {source}: {words}", markup=False, highlight=False, soft_wrap=True)


def _show_failure(event) -> None:
    """The cause alone where it is one of ours; otherwise also where to find the whole of it."""
    error = root_cause(event.step_failure_data.error)
    err.print(f"[red]{event.step_key}:[/] ", end="")
    err.print(error.message.strip() if error else "failed", markup=False, highlight=False)
    if error and error.cls_name not in OWN_ERRORS:
        err.print(f"[dim]The whole trace: `make ui`, run {event.logging_tags.get('run_id', '')}[/]")


def _show_checks(checks: Sequence) -> None:
    failed = [check for check in checks if not check.passed]
    blocking = [check for check in failed if check.severity.value == "ERROR"]
    for check in failed:
        colour = "red" if check in blocking else "yellow"
        err.print(f"[{colour}]check {check.check_name} of {check.asset_key.to_user_string()}:[/] ", end="")
        err.print(check.description or "failed", markup=False, highlight=False, soft_wrap=True)
    err.print(
        f"Checks: {len(checks) - len(failed)} passed, {len(failed) - len(blocking)} warned, "
        f"{len(blocking)} blocked publication."
    )


def _summarise(publication: Path) -> None:
    """What a publication holds, read as an analyst would read it."""
    import duckdb

    with duckdb.connect(str(publication), read_only=True) as connection:
        [(run_id, published_at, is_synthetic)] = connection.execute("from quality.publication").fetchall()
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name = 'marts' order by all"
        ).fetchall()
        rows = {
            name: connection.execute(f'select count(*) from {schema}."{name}"').fetchall()[0][0]
            for schema, name in tables
        }
        reconciled = connection.execute(
            "select source || '.' || table_name, sum(received), sum(landed), sum(quarantined), sum(repeated), "
            "sum(modelled), bool_and(is_reconciled) from quality.reconciliation group by all order by all"
        ).fetchall()
        [(verdicts, met)] = connection.execute(
            "select count(*), count(*) filter (is_success) from quality.check_results"
        ).fetchall()
    whole = Table(
        "all that is landed",
        "received",
        "landed",
        "quarantined",
        "repeated",
        "modelled",
        "reconciled",
        title="From landing to marts",
    )
    for name, *figures, is_reconciled in reconciled:
        whole.add_row(
            name, *("" if f is None else f"{int(f):,}" for f in figures), "yes" if is_reconciled else "[red]NO[/]"
        )
    out.print(whole)
    published = Table("mart", "rows", title=f"Published {published_at:%Y-%m-%d %H:%M:%S} UTC, run {run_id}")
    for name, number in rows.items():
        published.add_row(name, f"{number:,}")
    out.print(published)
    if is_synthetic:
        out.print(SYNTHETIC)
    out.print(f"Expectations: {met} of {verdicts} met. File: {publication}")


@sifarat.command()
def verify() -> None:
    """Read every landed file and hold it against the checksum in the ledger; the nights do so with what is new.

    What is damaged is moved to landing/_damaged and told, and is no longer counted as landed. Exit status 1 then.
    """
    from orchestration.integrity import verify as verify_landing

    settings = _settings()
    with alone(settings, "verify") as damaged, Progress(console=err, transient=True) as shown:
        task = shown.add_task("landed files", total=None)
        damaged += verify_landing(
            settings.landing_dir,
            is_whole=True,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )
    for damage in damaged:
        out.print(str(damage), markup=False, highlight=False, soft_wrap=True)
    if damaged:
        sys.exit(1)
    out.print(f"Every landed file of {settings.landing_dir} is as it was landed.", soft_wrap=True)
