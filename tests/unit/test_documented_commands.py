"""Every command that README and docs/ tell people to run is one that there is, with options that it has."""

import re
import shlex
from pathlib import Path

import click
import pytest

from orchestration.cli import sifarat
from orchestration.settings import PROJECT_DIR

PAGES = [PROJECT_DIR / "README.md", *sorted((PROJECT_DIR / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^[ ]*```sh\n(.*?)```", re.DOTALL | re.MULTILINE)
WORDS = re.compile(r"`([^`\n]+)`")
TARGETS = set(re.findall(r"^([a-z]+):", (PROJECT_DIR / "Makefile").read_text(), re.MULTILINE))


def commands(page: Path) -> list[str]:
    """Lines of the page's shell blocks, and what stands in backquotes in its text."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    told = lines + WORDS.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [re.split(r"\s+#|\s*\|\s", line.strip())[0] for line in told]


def own(page: Path) -> list[list[str]]:
    """Arguments of each call of `sifarat`, whatever environment stands before it."""
    found = []
    for command in commands(page):
        words = shlex.split(command) if command.count('"') % 2 == 0 and "'" not in command else command.split()
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words and words[0] in ("sifarat", ".venv/bin/sifarat"):
            found.append(words[1:])
    return found


def check(command: click.Command, arguments: list[str]) -> None:
    context = click.Context(command)
    if isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        chosen = command.get_command(context, arguments[0])
        assert chosen, f"no command {arguments[0]!r}"
        check(chosen, arguments[1:])
    else:
        command.make_parser(context).parse_args(list(arguments))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT_DIR)))
def test_every_command_of_sifarat_and_every_target_of_make_exists(page):
    for arguments in own(page):
        try:
            check(sifarat, arguments)
        except click.UsageError as error:
            pytest.fail(f"sifarat {' '.join(arguments)}: {error.format_message()}")
    asked = [command.split() for command in commands(page) if command.startswith("make ")]
    assert {words[1] for words in asked if len(words) > 1} <= TARGETS


def test_the_readme_tells_of_commands():
    assert len(own(PAGES[0])) > 10
