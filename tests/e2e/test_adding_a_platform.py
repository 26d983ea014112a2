"""The walk through docs/adding_a_platform.md, walked: its files make a new platform, from the API to the marts."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import PROJECT_DIR

FENCE = re.compile(r"^```\w+ title=\"([^\"]+)\"\n(.*?)^```$", re.MULTILINE | re.DOTALL)
APPENDED_AFTER = {
    "dbt_project/dbt_project.yml": "  platforms:\n",
    "orchestration/settings.py": "class Settings(BaseSettings):\n"
    '    """Everything a run can be told. Paths are made absolute; days are UTC."""\n',
}
"""Files that exist get the lines put in after this one; one that is not named here, at its end."""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    copy = tmp_path_factory.mktemp("project") / "sifarat"
    kept = shutil.ignore_patterns(".venv", ".git", "data", "target", "logs", "__pycache__", "tests", "*.egg-info")
    shutil.copytree(PROJECT_DIR, copy, ignore=kept)
    blocks = FENCE.findall((PROJECT_DIR / "docs" / "adding_a_platform.md").read_text(encoding="utf-8"))
    assert len(blocks) == 9
    for name, text in blocks:
        path = copy / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            continue
        before = path.read_text(encoding="utf-8")
        if name in APPENDED_AFTER:
            assert before.count(APPENDED_AFTER[name]) == 1, name
            text = before.replace(APPENDED_AFTER[name], APPENDED_AFTER[name] + text)
        else:
            text = before + text
        path.write_text(text, encoding="utf-8")
    return copy


def sifarat(project: Path, *arguments: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIFARAT_")}
    # The copy comes before the project that is installed in this environment.
    command = [sys.executable, "-c", "from orchestration.cli import sifarat; sifarat()", *arguments]
    return subprocess.run(
        command,
        cwd=project,
        # Nothing here is about what the texts say, and reading them takes as long as all the rest.
        env=inherited | {"PYTHONPATH": str(project), "COLUMNS": "200", "SIFARAT_ENRICHMENT_SECONDS": "0"},
        capture_output=True,
        text=True,
        timeout=400,
    )


def test_the_files_of_the_page_make_a_platform_whose_posts_reach_the_marts(project):
    parsed = sifarat(project, "parse")
    assert parsed.returncode == 0, parsed.stderr[-3000:]
    night = sifarat(project, "nightly", "--to", "2026-03-02")
    assert night.returncode == 0, night.stderr[-4000:]
    assert "extracting from Parrot" in night.stderr
    with duckdb.connect(str(project / "data" / "published" / "current.duckdb"), read_only=True) as marts:
        accounts, posts, engaged = marts.execute(
            "select count(distinct account_id), count(*), count(engagements) from marts.fct_post "
            "where platform = 'parrot'"
        ).fetchone()
        reconciled = marts.execute(
            "select count(*), bool_and(is_reconciled) from quality.reconciliation where source = 'parrot'"
        ).fetchone()
        missions = marts.execute(
            "select count(distinct mission_id) from marts.dim_account where platform = 'parrot'"
        ).fetchone()
    assert (accounts, posts == engaged, posts > 20) == (2, True, True)
    assert reconciled == (3, True)
    assert missions == (2,)
