"""`sifarat quarantine`: rejected records, what they say, and another try."""

from datetime import date

import click
from rich.markup import escape
from rich.table import Table

from orchestration.console import alone, err, out, told_settings


@click.group()
def quarantine() -> None:
    """Rejected records: which there are, what to do about them, and another try."""


@quarantine.command("list")
def list_() -> None:
    """What is in quarantine, by table, field and reason, the newest first."""
    from orchestration.quarantine import listed

    told = listed(told_settings().landing_dir)
    if told.is_empty():
        out.print("Nothing is in quarantine.")
        return
    table = Table(title="In quarantine")
    # `quarantine show` wants the whole name.
    table.add_column("table", no_wrap=True)
    table.add_column("field")
    table.add_column("reason")
    table.add_column("records", justify="right")
    table.add_column("newest", no_wrap=True)
    table.add_column("oldest", no_wrap=True)
    for row in told.iter_rows(named=True):
        table.add_row(
            f"{row['source']}.{row['table_name']}",
            escape(row["field"]),
            escape(row["reason"]),
            f"{row['records']:,}",
            str(row["newest"]),
            str(row["oldest"]),
        )
    out.print(table)
    out.print("To see them: .venv/bin/sifarat quarantine show TABLE", markup=False)


@quarantine.command()
@click.argument("table")
@click.option("--field", help="Only records that this field broke.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only records of this UTC day.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Rows shown.")
@click.option("--personal", is_flag=True, help="Show values of records about people, and whole records.")
def show(table: str, field: str | None, day, limit: int, personal: bool) -> None:
    """The rejected records of TABLE (source.table): file, line, value, reason, and what to do."""
    import polars as pl

    from orchestration.quarantine import rejected, shown_raw, shown_value, what_to_do

    rows = rejected(told_settings().landing_dir)
    rows = rows.filter(pl.concat_str("source", pl.lit("."), "table_name") == table)
    if field:
        rows = rows.filter(field=field)
    if day:
        rows = rows.filter(date=date(day.year, day.month, day.day))
    if rows.is_empty():
        raise click.ClickException(f"Nothing of {table} is in quarantine so. `sifarat quarantine list` lists what is.")
    rows = rows.sort("date", "source_file", "record_number", descending=[True, False, False], maintain_order=True)
    # Lines of their own: a path that a table cuts short leads nowhere.
    for row in rows.head(limit).iter_rows(named=True):
        line = f", line {row['source_line']}" if row["source_line"] is not None else f", record {row['record_number']}"
        said = shown_value(row, is_personal=personal)
        told = [f"{row['date']}  {row['source_file']}{line}: {row['field']} {said!r}: {row['reason']}"]
        if personal:
            told.append(f"    {shown_raw(row)}")
        told.append(f"    {what_to_do(row['source'], row['source_file'], row['batch_id'])}")
        for words in told:
            out.print(words, markup=False, highlight=False, soft_wrap=True)
    if rows.height > limit:
        out.print(f"{rows.height - limit:,} more: --limit {rows.height}", markup=False)


@quarantine.command()
@click.argument("table", required=False)
def retry(table: str | None) -> None:
    """Parse rejected records, of TABLE or of all, again by today's contracts and mappings; land what passes.

    Needed after an upgrade or a wider contract. Batches keep their ids; the next night models what was landed.
    """
    from orchestration.erasure import ErasureError
    from orchestration.erasure.suppression import load
    from orchestration.landing import Landing, kind_held
    from orchestration.quarantine import retry as try_again
    from orchestration.settings import SHIPPED_MAPPINGS
    from orchestration.sources import SourceError
    from orchestration.sources.catalogue import contracts

    settings = told_settings()
    if kind_held(settings.landing_dir) is None:
        raise click.ClickException(f"{settings.landing_dir} holds no landing yet.")
    if table and table not in contracts():
        raise click.ClickException(f"There is no table {table}. `sifarat quarantine list` lists what is in quarantine.")
    with alone(settings, "quarantine"):
        try:
            landing = Landing.standing(
                settings.landing_dir, max_reject_share=settings.max_reject_share, screen=load(settings)
            )
            with err.status("trying again"):
                done = list(try_again(landing, settings.inbox, SHIPPED_MAPPINGS, table))
        except (ErasureError, SourceError) as error:
            raise click.ClickException(str(error)) from None
    shown = Table("table", "batch of", "landed now", "repeated", "still rejected", "", title="Tried again")
    for one in done:
        shown.add_row(
            one.table, escape(one.source_file), str(one.landed), str(one.repeated), str(one.left), one.why_not or ""
        )
    out.print(shown)
    landed = sum(one.landed for one in done)
    out.print(f"{landed:,} records landed." + (" The next night models them: `make nightly`." if landed else ""))
