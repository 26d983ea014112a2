"""dbt as nights run it: parsed once, whatever the data folder, and anew when the project changes."""

import shutil
import subprocess

import pytest

from orchestration import dbt
from orchestration.settings import Settings


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project, that a test may change."""
    folder = tmp_path / "dbt_project"
    shutil.copytree(dbt.DBT_PROJECT_DIR, folder)
    shipped = dbt.DBT_PROJECT_DIR
    for name in ("DBT_PROJECT_DIR", "MANIFEST", "PARSED", "PARSED_FROM"):
        monkeypatch.setattr(dbt, name, folder / getattr(dbt, name).relative_to(shipped))
    for name in ("SIFARAT_DATA_DIR", "SIFARAT_PSEUDONYM_KEY_FILE"):
        monkeypatch.setenv(name, "")
    return folder


def rows_told(settings: Settings, project, *arguments: str) -> list[str]:
    return [result["data"]["node_info"]["node_name"] for result in dbt.run_dbt(arguments, settings, project)]


def test_a_run_reads_the_data_folder_it_is_given_though_dbt_was_run_by_hand_on_another(project, tmp_path):
    (project / "seeds" / "one_more.csv").write_text("word\nhere\n")
    dbt.parse()
    by_hand = tmp_path / "by_hand"
    by_hand.mkdir()
    subprocess.run(
        [dbt.DBT, "--quiet", "seed", "--select", "one_more"],
        cwd=project,
        env={"SIFARAT_DATA_DIR": str(by_hand), "SIFARAT_PSEUDONYM_KEY_FILE": "none", "PATH": ""},
        check=True,
        capture_output=True,
    )
    data = tmp_path / "data"
    data.mkdir()
    assert rows_told(Settings(data_dir=data), project, "seed", "--select", "one_more") == ["one_more"]
    assert (data / "warehouse.duckdb").exists()
    sources = dbt._manifest(Settings(data_dir=data)).sources.values()
    assert {str(data) in source.meta["external_location"] for source in sources} == {True}


def test_what_changed_in_the_project_is_run_without_a_word_to_dbt(project, tmp_path):
    dbt.parse()
    (project / "seeds" / "one_more.csv").write_text("word\nhere\n")
    assert rows_told(Settings(data_dir=tmp_path), project, "seed", "--select", "one_more") == ["one_more"]


def test_a_project_that_cannot_be_parsed_and_a_model_that_fails_are_told_in_dbts_words(project, tmp_path):
    (project / "analyses" / "broken.sql").write_text("{{ ref('no_such_model') }}")
    (project / "models" / "wrong.sql").write_text("select * from {{ ref('no_such_model') }}")
    with pytest.raises(dbt.DbtError, match="no_such_model"):
        dbt.parse()
    (project / "analyses" / "broken.sql").unlink()
    (project / "models" / "wrong.sql").write_text("select no_such_column from (select 1 as n)")
    with pytest.raises(dbt.DbtError, match=r'dbt run failed[\s\S]*"no_such_column" not found'):
        rows_told(Settings(data_dir=tmp_path), project, "run", "--select", "wrong")
