"""`sifarat doctor`: is everything in order, and if not, what is to be done."""

import click
from rich.markup import escape
from rich.table import Table

from orchestration.console import err, out, told_settings


@click.command()
@click.option("--offline", is_flag=True, help="Ask no platform whether it answers.")
def doctor(offline: bool) -> None:
    """Look over this installation and say what to do. Exit status 1 when something must be done.

    Permissions, disk, versions, clock, the last run, the schedule, and whether each source answers and takes its
    credentials: each is asked for one account or page, which X charges.
    """
    from orchestration.doctor import State, examine

    settings = told_settings()
    colours = {State.GOOD: "green", State.NOTE: "default", State.BAD: "red"}
    table = Table("", "", "what it is like")
    with err.status("looking"):
        findings = list(examine(settings, is_offline=offline))
    for finding in findings:
        state = f"[{colours[finding.state]}]{finding.state}[/]"
        table.add_row(state, finding.about, escape(finding.told))
    out.print(table)
    # Lines of their own: a command that a table cuts in two cannot be copied.
    for finding in findings:
        if finding.todo:
            told = f"{finding.about}: {finding.todo}"
            out.print(told, markup=False, highlight=False, soft_wrap=True, style=colours[finding.state])
    bad = sum(finding.state is State.BAD for finding in findings)
    if bad:
        out.print(f"{bad} to do.")
        raise SystemExit(1)
    out.print("Nothing must be done.")
