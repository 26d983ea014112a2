"""`sifarat erase`: a person's records on request. Nothing that it prints names the person but by pseudonym."""

import click
from rich.table import Table

from orchestration.console import alone, err, out, told_settings
from orchestration.settings import Settings

KINDS = {"quarantine": "rejected records in quarantine", "warnings": "warnings about records"}


@click.command()
@click.argument("who", required=False)
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(who: str | None, dry_run: bool, yes: bool) -> None:
    """Erase all records of a person, and never land them again.

    WHO is an e-mail, a staff number, a whole name or a pseudonym (officer-...); without it, it is asked for, so that it
    stands in no shell's history. Sources are not touched: the next nights leave the person out of what they give.
    """
    settings = told_settings()
    who = who or click.prompt("E-mail, number, name or pseudonym", hide_input=True)
    with alone(settings, "erase"):
        _erase(settings, who, dry_run, yes)


def _erase(settings: Settings, who: str, dry_run: bool, yes: bool) -> None:
    from orchestration.erasure import ErasureError
    from orchestration.erasure.erase import carry_out, plan

    try:
        with err.status("searching"):
            made = plan(settings, who)
    except ErasureError as error:
        raise click.ClickException(str(error)) from None
    table = Table("what", "", title=f"Of {made.person.pseudonym or 'the person'}" + (" would go" if dry_run else ""))
    for name, number in sorted(made.records.items()):
        if number:
            table.add_row(KINDS.get(name, f"records of {name}"), f"{number:,}")
    for path in made.publications:
        table.add_row("publication", path.name)
    table.add_row("the warehouse, built anew by the next night", settings.warehouse.name)
    for path in made.files:
        table.add_row("traces in", str(path.relative_to(settings.data_dir)))
    out.print(table)
    if dry_run:
        return
    if not yes:
        click.confirm("Erase all of it for good?", abort=True)
    with err.status("erasing") as status:
        done = carry_out(made, tell=lambda step: status.update(f"erasing: {step}"))
    records = sum(done.records.values())
    out.print(f"Erased: {records:,} records, {done.questions:,} questions, {len(made.publications)} publications.")
    if done.is_unpublished:
        out.print("Nothing is published now. Run `make nightly`: the next publication is without the person.")
    if done.left:
        for place, number in done.left.items():
            err.print(f"  {place}: {number:,}", markup=False, highlight=False, soft_wrap=True)
        err.print(
            "These still say a name of the person: posts are the ministry's public words and are not erased; anything "
            "else is to be looked at by hand.",
            soft_wrap=True,
        )
        raise SystemExit(1)
    out.print("Searched again: no file below the data folder tells of the person.")
