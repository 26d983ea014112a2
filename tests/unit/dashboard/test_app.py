from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[3] / "dashboard" / "app.py")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("SIFARAT_DATA_DIR", str(tmp_path))
    former = config.get_option("server.address")

    def run(address: str | None) -> AppTest:
        config.set_option("server.address", address)
        return AppTest.from_file(APP, default_timeout=60).run()

    yield run
    config.set_option("server.address", former)


def test_without_a_publication_it_says_how_to_make_one(app):
    shown = app("127.0.0.1")
    assert not shown.exception
    assert [info.value for info in shown.info] == [
        "Nothing is published yet. `make nightly` makes the first publication; this page shows it on its next load."
    ]


@pytest.mark.parametrize("address", ["0.0.0.0", None])
def test_without_sign_in_it_shows_nothing_to_other_machines(app, address):
    shown = app(address)
    assert not shown.exception
    assert "served on this machine alone" in shown.error[0].value
    assert not shown.info
