"""The Bluesky source against the sandbox over loopback, and its requests and fields against the lexicons."""

import logging
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from orchestration.sandbox.ministry import Kind, Ministry
from orchestration.sources import bluesky
from tests.platforms import DAY, NIGHT, SEED, Night, fields_in, properties

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    """A night without faults. Read only."""
    night = Night("bluesky", tmp_path_factory.mktemp("bluesky"))
    night.read()
    return night


def test_every_post_of_the_window_is_landed_with_its_text_and_counts(night, ministry):
    start, end = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    posted = {
        f"at://{account.native_id}/": [
            (post.created_at.replace(tzinfo=None), post.counts_at(NIGHT).likes)
            for post in ministry.timeline(account, NIGHT, start, end)
            if post.kind is not Kind.RETWEET
        ]
        for account in ministry.accounts_on("bluesky")
    }
    landed = night.landed("posts").filter(pl.col("reason").is_null())
    for prefix, expected in posted.items():
        own = landed.filter(landed["uri"].str.starts_with(prefix))
        assert sorted(own.select("created_at", "like_count").iter_rows()) == sorted(expected)
    assert landed.height > 100
    assert not landed["text"].str.contains("&amp;", literal=True).any()


def test_a_repost_is_a_record_of_the_account_that_made_it(night):
    reposts = night.landed("posts").drop_nulls("reason")
    assert reposts.height > 10
    assert all(uri.startswith(f"at://{did}/") for uri, did in reposts.select("uri", "actor_did").iter_rows())
    assert (reposts["author_did"] != reposts["actor_did"]).all()


def test_profiles_are_landed_with_what_bluesky_counts(night, ministry):
    accounts = night.landed("accounts")
    expected = {a.native_id: ministry.account_state(a, NIGHT).followers for a in ministry.accounts_on("bluesky")}
    assert dict(accounts.select("did", "followers_count").iter_rows()) == expected


def test_an_account_that_is_gone_or_has_an_impossible_name_costs_only_itself(tmp_path):
    night = Night("bluesky", tmp_path)
    night.read(also=[("gone.example.org", None), ("no handle!", None)])
    assert night.landed("timelines").height == 12
    assert {value for value, _ in night.told("account")} == {"gone.example.org", "no handle!"}


def test_requests_and_fields_are_those_of_the_lexicons(specs, caplog, tmp_path):
    caplog.set_level(logging.INFO, "httpx")
    Night("bluesky", tmp_path).read()
    for nsid, file in (
        ("app.bsky.actor.getProfiles", "actor/getProfiles.json"),
        ("app.bsky.feed.getAuthorFeed", "feed/getAuthorFeed.json"),
    ):
        told = properties(specs / "bluesky" / file)["defs"]["main"]["parameters"]
        urls = [r.args[1] for r in caplog.records if r.name == "httpx" and r.args[1].path.endswith(nsid)]
        assert urls
        for url in urls:
            assert set(told["required"]) <= set(url.params) <= set(told["properties"])
            assert len(url.params.get_list("actors")) <= told["properties"].get("actors", {}).get("maxLength", 0)


def test_every_landed_field_is_one_that_the_lexicons_define(specs):
    posts = properties(specs / "bluesky" / "feed" / "defs.json")["defs"]
    actors = properties(specs / "bluesky" / "actor" / "defs.json")["defs"]
    documents = {"": posts, "app.bsky.feed.defs": posts, "app.bsky.actor.defs": actors}
    # The record itself is the author's ("unknown" to the lexicon of the feed), so below it nothing is defined.
    assert fields_in(bluesky.ACCOUNTS, documents, "app.bsky.actor.defs#profileViewDetailed") == []
    assert fields_in(bluesky.POSTS, documents, "app.bsky.feed.defs#feedViewPost", own={"actor_did"}) == []


def test_the_window_is_read_although_a_feed_cannot_be_asked_for_a_time(tmp_path):
    night = Night("bluesky", tmp_path)
    night.read(trailing_days=3)
    posts = night.landed("posts")
    assert posts["indexed_at"].min() >= datetime.combine(DAY, datetime.min.time()) - timedelta(days=2)
    assert posts.height > 10
