import os
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestration.settings import PROJECT_DIR, Settings, load_settings

SECRET = "AAAA-not-for-anybodys-eyes"


@pytest.fixture(autouse=True)
def no_settings_but_the_tests_own(monkeypatch):
    for name in [name for name in os.environ if name.startswith("SIFARAT_")]:
        monkeypatch.delenv(name)


def test_a_secret_is_never_printed(monkeypatch):
    monkeypatch.setenv("SIFARAT_X_BEARER_TOKEN", SECRET)
    settings = load_settings()
    assert settings.x_bearer_token.get_secret_value() == SECRET
    for printed in (repr(settings), str(settings), f"{settings.x_bearer_token}", settings.model_dump_json()):
        assert SECRET not in printed


def test_the_error_of_another_setting_does_not_print_the_secret(monkeypatch):
    monkeypatch.setenv("SIFARAT_X_BEARER_TOKEN", SECRET)
    monkeypatch.setenv("SIFARAT_KEPT_PUBLICATIONS", "0")
    with pytest.raises(ValidationError) as caught:
        load_settings()
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.errors())


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TRAILING_DAYS", "often", "valid integer"),
        ("TRAILING_DAYS", "0", "greater than or equal to 1"),
        ("MAX_REJECT_SHARE", "1.5", "less than or equal to 1"),
        ("FIRST_DAY", "2026-13-01", "valid date"),
        ("REQUEST_TIMEOUT_SECONDS", "0", "greater than 0"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_expects(monkeypatch, name, value, expected):
    monkeypatch.setenv(f"SIFARAT_{name}", value)
    with pytest.raises(ValidationError) as caught:
        load_settings()
    [error] = caught.value.errors()
    assert error["loc"] == (name.lower(),)
    assert expected in error["msg"]


def test_without_anything_set_the_synthetic_ministry_stands_in_with_its_state_beside_the_code():
    settings = load_settings()
    assert settings.is_sandbox
    assert settings.data_dir == PROJECT_DIR / "data"
    assert settings.landing_dir == PROJECT_DIR / "data" / "landing"
    assert settings.pseudonym_key == PROJECT_DIR / "data" / "pseudonym.key"


@pytest.mark.parametrize(("name", "value"), [("INBOX", "/srv/inbox"), ("X_BEARER_TOKEN", SECRET)])
def test_anything_real_to_read_ends_the_sandbox(monkeypatch, name, value):
    monkeypatch.setenv(f"SIFARAT_{name}", value)
    assert not load_settings().is_sandbox


def test_a_variable_that_is_set_to_nothing_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("SIFARAT_INBOX", "")
    monkeypatch.setenv("SIFARAT_X_BEARER_TOKEN", "")
    monkeypatch.setenv("SIFARAT_FIRST_DAY", "")
    settings = load_settings()
    assert settings.is_sandbox
    assert settings.first_day == date(2026, 1, 1)


def test_paths_are_absolute_wherever_the_run_was_started(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SIFARAT_DATA_DIR", "state")
    monkeypatch.setenv("SIFARAT_INBOX", "~/inbox")
    settings = load_settings()
    assert settings.data_dir == tmp_path / "state"
    assert settings.inbox == tmp_path / "home" / "inbox"


def test_every_setting_that_is_a_path_is_made_absolute():
    paths = {name for name, field in Settings.model_fields.items() if field.annotation in (Path, Path | None)}
    relative = Settings(**dict.fromkeys(paths, Path("somewhere")))
    assert all(getattr(relative, name).is_absolute() for name in paths)
