"""`sifarat backup` and `sifarat restore`: what cannot be fetched again, kept and put back."""

from pathlib import Path

import click
from rich.progress import Progress

from orchestration.console import alone, err, out, told_settings

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, help="Also copy the pseudonyms' key, to this file of its own.")
def backup(file: Path, key: Path | None) -> None:
    """Write what cannot be fetched again to FILE, a tar: landing, answers of who is who, list of erased people.

    Marts and publications are not in it: a night builds them anew. Refuses while a night runs.
    """
    from orchestration.backup import BackupError, back_up, copy_key

    settings = told_settings()
    try:
        with alone(settings, "backup"), Progress(console=err, transient=True) as shown:
            task = shown.add_task("files", total=None)
            told = back_up(settings, file, lambda done, total: shown.update(task, completed=done, total=total))
            if key:
                copy_key(settings, key)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    out.print(f"{file}: {len(told.files):,} files, {told.size / 1e6:,.1f} MB, {told.kind} records.", soft_wrap=True)
    if not key:
        out.print(
            f"The key of the pseudonyms ({told.key_id or 'none yet'}) is not in it: keep {settings.pseudonym_key}."
        )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Put the back-up FILE into a data folder without a landing. What is damaged is refused, and nothing changed."""
    from orchestration.backup import BackupError, key_is_another
    from orchestration.backup import restore as put_back
    from orchestration.erasure import ErasureError

    settings = told_settings()
    try:
        with alone(settings, "restore"), err.status("restoring"):
            told = put_back(settings, file)
    except (BackupError, ErasureError) as error:
        raise click.ClickException(str(error)) from None
    out.print(f"{len(told.files):,} files of {told.made_at} are in {settings.data_dir}.", soft_wrap=True)
    if todo := key_is_another(settings, told):
        err.print(f"[yellow]{todo}[/]", soft_wrap=True)
    out.print("Run `make nightly`: it builds and publishes the marts anew.")
