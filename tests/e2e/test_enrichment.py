"""A night over an inbox of posts in several languages, without any network: read, published, found again."""

import pytest

from orchestration.enrichment import EnrichmentError
from orchestration.enrichment.search import search
from orchestration.settings import Settings

MAPPING = """
source: platform_exports
table: posts
files: "*.csv"
constants: {platform: facebook}
columns: {post_id: id, account_handle: page, posted_at: at, text: text, url: url}
"""
POSTS = """id,page,at,text,url
1_1,Lyon,2026-03-01T09:00:00Z,"Camp consulaire samedi à Lyon : passeports, visas et cartes d'identité.",https://f.example/1
1_2,Rabat,2026-03-01T10:00:00Z,فاز فريقنا بكأس البطولة بعد مباراة رائعة!,https://f.example/2
1_3,Madrid,2026-03-01T11:00:00Z,"El festival de música tradicional se celebra el viernes en el museo.",https://f.example/3
1_4,Madrid,2026-03-01T12:00:00Z,🙂,https://f.example/4
"""
CUT = """
import sys


def refuse(event, arguments):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(arguments[1], tuple)):
        sys.stderr.write(f"the network was asked for: {event}\\n")
        raise OSError("the network is cut")


sys.addaudithook(refuse)
"""
"""Run by every Python as it starts, the models' own process and dbt's too."""


def test_with_the_network_cut_posts_are_read_in_the_night_they_land_and_found_by_what_they_say(new_state, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "facebook.mapping.yaml").write_text(MAPPING)
    (inbox / "posts.csv").write_text(POSTS)
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "sitecustomize.py").write_text(CUT)
    state = new_state("data", SIFARAT_ENRICHMENT_SECONDS="120", PYTHONPATH=str(tmp_path / "cut"))
    night = state.nightly("--from", "2026-03-02", "--inbox", inbox)
    alerted, briefed = state.sifarat("alerts"), state.sifarat("brief")
    # One day of posts of no known mission: nothing is far from expected, and there is no region to brief.
    assert "No alert from" in alerted.stdout, alerted.stderr
    assert "Weeks are told once they ended" in briefed.stderr
    assert [said.stderr for said in (night, alerted, briefed) if "the network was asked for" in said.stderr] == []
    assert state.query(
        "select post_id, is_read, language, topic_id, tone from marts.fct_post_reading order by post_id"
    ) == [
        ("facebook:1_1", True, "fr", "consular", "neutral"),
        ("facebook:1_2", True, "ar", "sport", "positive"),
        ("facebook:1_3", True, "es", "culture", "neutral"),
        ("facebook:1_4", True, None, None, None),
    ]
    found = state.sifarat("search", "visa camp", "--limit", "1")
    assert found.returncode == 0, found.stderr
    assert "https://f.example/1" in found.stdout
    assert "https://f.example/3" not in found.stdout

    def of_missions(*missions: str) -> list[str | None]:
        settings = Settings(data_dir=state.data_dir)
        return [hit.url for hit in search("visa camp", settings, state.current, 1, missions=missions)]

    assert of_missions("unassigned") == ["https://f.example/1"]
    with pytest.raises(EnrichmentError, match="No post of these missions"):
        of_missions("riyadh")
