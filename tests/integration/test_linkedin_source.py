"""The LinkedIn source against the sandbox over loopback, which refuses what LinkedIn says it refuses."""

import logging
import re
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from orchestration.sandbox.ministry import Ministry
from orchestration.sandbox.server import Fault, FaultKind, Sandbox
from orchestration.settings import Settings
from orchestration.sources import SourceError, linkedin
from orchestration.sources.metrics import expiry_findings, known
from tests.platforms import NIGHT, SEED, Night

pytestmark = pytest.mark.usefixtures("no_waiting")

HEADQUARTERS = "91996107"
SOMEBODY_ELSES = "1035"
LONG = 700
"""Days in which a page posts more than LinkedIn gives at once."""
SECRET = "linkedin-token-for-nobodys-eyes"


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    """A night without faults. Read only."""
    night = Night("linkedin", tmp_path_factory.mktemp("linkedin"))
    night.read()
    return night


@pytest.fixture(scope="module")
def busy(ministry) -> tuple[str, str]:
    """Handle and id of the page that posts most."""
    start = NIGHT - timedelta(days=LONG)
    accounts = ministry.accounts_on("linkedin")
    busiest = max(accounts, key=lambda account: len(list(ministry.timeline(account, NIGHT, start))))
    return busiest.handle, busiest.native_id


@pytest.fixture(scope="module")
def long(tmp_path_factory, busy) -> Night:
    """A night that reads the busiest page's posts over several answers. Read only."""
    night = Night("linkedin", tmp_path_factory.mktemp("long"))
    night.read(only=[busy], trailing_days=LONG)
    return night


def requests(caplog) -> list[httpx.URL]:
    return [record.args[1] for record in caplog.records if record.name == "httpx"]


# What is landed


def test_every_post_of_the_window_is_landed_with_its_lifetime_statistics(night, ministry):
    start, end = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    posted = {}
    for account in ministry.accounts_on("linkedin"):
        for post in ministry.timeline(account, NIGHT, start, end):
            counts = post.counts_at(NIGHT)
            given = (counts.likes, counts.replies, counts.reposts, counts.impressions)
            is_counted = NIGHT - post.created_at >= timedelta(hours=6)
            posted[post.id] = (
                account.native_id,
                post.created_at.replace(tzinfo=None),
                *(given if is_counted else [None] * 4),
            )
    columns = ("like_count", "comment_count", "share_count", "impression_count")
    landed = night.landed("posts").select("id", "organization_id", "published_at", *columns)
    assert {row[0].rsplit(":", 1)[1]: row[1:] for row in landed.iter_rows()} == posted
    assert len(posted) > 100


def test_both_kinds_of_posts_have_statistics_and_reach_is_never_above_impressions(night):
    posts = night.landed("posts")
    for kind in ("share", "ugcPost"):
        assert posts.filter(pl.col("id").str.contains(kind))["impression_count"].drop_nulls().len() > 10
    assert (posts["unique_impressions_count"] <= posts["impression_count"]).all()


def test_a_post_without_statistics_has_none_and_not_nought(night):
    """LinkedIn counts with a delay: six hours in the sandbox."""
    posts = night.landed("posts")
    young = posts.filter(pl.col("published_at") > datetime(2026, 3, 2, 19))
    counts = young.select(pl.col("^.*_count$"))
    assert young.height > 0
    assert counts.width == 6
    assert counts.null_count().row(0) == (young.height,) * 6
    assert posts["like_count"].null_count() == young.height


def test_pages_are_landed_with_their_followers_and_a_number_as_their_id(night, ministry):
    accounts = night.landed("accounts")
    expected = {
        a.native_id: (a.handle, ministry.account_state(a, NIGHT).followers, a.created_at.replace(tzinfo=None))
        for a in ministry.accounts_on("linkedin")
    }
    columns = accounts.select("id", "vanity_name", "followers_count", "created_at").iter_rows()
    assert {native_id: tuple(told) for native_id, *told in columns} == expected
    assert accounts.schema["id"] == pl.String


# Pages


def test_posts_are_read_to_the_start_of_the_window(long, busy, ministry):
    start, end = datetime(2026, 3, 3, tzinfo=UTC) - timedelta(days=LONG), datetime(2026, 3, 3, tzinfo=UTC)
    posted = {post.id for post in ministry.timeline(ministry.account(busy[1], "linkedin"), NIGHT, start, end)}
    assert {urn.rsplit(":", 1)[1] for urn in long.landed("posts")["id"]} == posted
    assert len(posted) > 2 * linkedin.POSTS_PER_PAGE
    assert long.landed("posts")["like_count"].drop_nulls().len() > 2 * linkedin.POSTS_PER_PAGE


def test_posts_without_links_are_paged_by_counting(tmp_path, long, busy):
    """LinkedIn's documentation shows answers with links to the next page and answers without."""
    night = Night("linkedin", tmp_path)
    night.read(
        Fault(FaultKind.MISSING_FIELD, where="/posts?", field="links", times=99), only=[busy], trailing_days=LONG
    )
    assert night.landed("posts").equals(long.landed("posts"))


def test_a_post_seen_on_two_pages_is_landed_once(tmp_path, long, busy):
    """As when somebody posts between two requests: all that is older moves on by one."""
    night = Night("linkedin", tmp_path)
    receipts = night.read(Fault(FaultKind.REPEATED_PAGE, where="start=100"), only=[busy], trailing_days=LONG)
    assert receipts["posts"].repeated == linkedin.POSTS_PER_PAGE
    assert night.landed("posts")["id"].is_unique().all()


@pytest.mark.parametrize(
    ("kind", "after", "told"),
    [
        (FaultKind.LOOPING_CURSOR, 1, "gives the page token 100 again"),
        (FaultKind.REPEATED_PAGE, 0, "never ends: 7 pages, 100 different posts"),
    ],
)
def test_posts_that_go_round_in_a_circle_are_told_and_not_landed(tmp_path, busy, kind, after, told):
    night = Night("linkedin", tmp_path)
    fault = Fault(kind, where=f"organization%3A{busy[1]}&q=author", after=after, times=10_000)
    night.read(fault, trailing_days=LONG, only=[busy, ("synth-male", "92968696")])
    [(account, reason)] = night.told("account")
    assert account == busy[1]
    assert told in reason
    assert night.landed("timelines")["account_native_id"].to_list() == ["92968696"]


@pytest.mark.parametrize(
    "kind", [FaultKind.SERVER_ERROR, FaultKind.UNAVAILABLE, FaultKind.CUT, FaultKind.MALFORMED, FaultKind.RATE_LIMITED]
)
@pytest.mark.parametrize("where", ["/posts?", "Statistics"])
def test_what_a_fault_spoils_is_asked_for_again_and_nothing_is_lost(tmp_path, night, kind, where):
    again = Night("linkedin", tmp_path)
    again.read(Fault(kind, where=where, times=2))
    assert again.files() == night.files()


# Pages that cannot be read, and what ends the reading


def test_an_organisation_without_admin_rights_or_that_is_gone_costs_only_itself(tmp_path, night):
    again = Night("linkedin", tmp_path)
    again.read(also=[("somebody-elses", SOMEBODY_ELSES), ("gone", "42"), ("gone-by-name", None), ("synth", "n/a")])
    assert again.landed("posts").equals(night.landed("posts"))
    told = dict(again.told("account"))
    assert told.keys() == {SOMEBODY_ELSES, "42", "gone-by-name", "n/a"}
    assert "403: Member is not an ADMINISTRATOR" in told[SOMEBODY_ELSES]


def test_a_page_known_only_by_its_name_is_found_and_its_id_used_from_then_on(tmp_path, caplog):
    night = Night("linkedin", tmp_path)
    night.read(only=[("Synth-Headquarters", None)], day=date(2026, 3, 1), trailing_days=3)
    caplog.set_level(logging.INFO, "httpx")
    night.read(only=[("Synth-Headquarters", None)], trailing_days=3)
    assert night.landed("accounts")["id"].to_list() == [HEADQUARTERS] * 2
    assert not [url for url in requests(caplog) if "vanityName" in url.params]


def test_a_version_that_has_ended_stops_the_reading_and_is_told(tmp_path):
    night = Night("linkedin", tmp_path)
    with pytest.raises(SourceError, match=r"answered 426: Requested version 202411 is not active"):
        night.read(linkedin_version="202411")
    assert sum(night.requests.values()) <= 8
    assert night.landing.committed(linkedin.ACCOUNTS) == []


def test_a_token_revoked_in_the_middle_lands_what_was_read_and_asks_no_further(tmp_path):
    night = Night("linkedin", tmp_path)
    night.read(Fault(FaultKind.EXPIRED_TOKEN, where="/posts?", after=5, times=10_000))
    assert night.landed("timelines").height == 5
    assert len(night.told("account")) == night.landed("accounts").height - 5
    assert any("REVOKED" in reason or "has been revoked" in reason for _, reason in night.told("account"))
    assert night.requests["linkedin", 401] <= 8


def test_a_day_whose_calls_are_used_up_is_not_asked_further(tmp_path):
    """LinkedIn answers 429 without saying until when: after the usual attempts the day is over."""
    night = Night("linkedin", tmp_path)
    night.read(Fault(FaultKind.RATE_LIMITED, where="/posts?", after=2, times=10_000))
    assert night.landed("timelines").height == 2
    # Eight pages at once, each in eight attempts.
    assert night.requests["linkedin", 429] <= 8 * 8


# Credentials that end


def test_a_token_near_its_end_is_told(tmp_path):
    night = Night("linkedin", tmp_path)
    night.read(only=[("synth-headquarters", HEADQUARTERS)], trailing_days=1, linkedin_token_expires=date(2026, 3, 17))
    [(_, reason)] = night.told("credential")
    assert "the token ends on 2026-03-17" in reason


@pytest.mark.parametrize(("today", "told"), [(date(2026, 3, 3), 1), (date(2026, 3, 2), 0), (date(2026, 4, 1), 1)])
def test_a_tokens_end_is_told_two_weeks_before(today, told):
    assert len(expiry_findings("linkedin", date(2026, 3, 17), today)) == told
    assert expiry_findings("linkedin", None, today) == []


def test_the_pinned_version_is_known_and_the_sandboxs_night_has_nothing_to_tell(night):
    assert Settings().linkedin_version in known("linkedin")["api_versions"]
    assert night.told("credential") == []


def test_no_token_no_reading():
    assert linkedin.connect(Settings(linkedin_access_token=None)) is None


def test_a_wrong_token_is_told_of_and_appears_in_no_file_no_log_and_no_error(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    night = Night("linkedin", tmp_path)
    with pytest.raises(SourceError, match="answered 401: The token used in the request has been revoked") as raised:
        night.read(linkedin_access_token=SecretStr(SECRET))
    assert SECRET not in caplog.text + str(raised.value) + repr(night.findings)
    assert not [path for path, content in night.files().items() if SECRET.encode() in content]


# Requests, as they go over the wire


def test_urns_are_encoded_and_the_brackets_and_commas_of_lists_are_not(tmp_path, caplog, busy):
    caplog.set_level(logging.INFO, "httpx")
    Night("linkedin", tmp_path).read(only=[busy, ("synth-male", None)], trailing_days=LONG)
    seen = {"lists": 0}
    for url in requests(caplog):
        target = url.raw_path.decode().split("/rest/")[1]
        assert len(target) < 4000
        name = re.split(r"[/?]", target)[0]
        seen[name] = seen.get(name, 0) + 1
        assert "urn:li" not in target
        if "List" in target:
            seen["lists"] += 1
            [listed] = re.findall(r"=List\(([^()]+)\)", target)
            assert all(re.fullmatch(r"urn%3Ali%3A(share|ugcPost)%3A\d+", urn) for urn in listed.split(","))
    assert seen.keys() == {"lists", "organizations", "networkSizes", "posts", "organizationalEntityShareStatistics"}
    assert seen["lists"] == seen["organizationalEntityShareStatistics"] > 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("posts?q=author&author=urn%3Ali%3Aorganization%3A91996107&count=100", 200),
        ("posts?q=author&author=urn%3Ali%3Aorganization%3A91996107&count=101", 400),
        ("posts?q=author&author=91996107", 400),
        ("posts?q=author&author=urn%3Ali%3Aorganization%3A91996107&since=5", 403),
        ("posts?q=author&author=urn%3Ali%3Aorganization%3A1035", 403),
        ("organizations/42", 404),
        ("networkSizes/urn%3Ali%3Aorganization%3A91996107?edgeType=CompanyFollowedByMember", 400),
        (
            f"{'organizationalEntityShareStatistics'}?q=organizationalEntity&organizationalEntity="
            "urn%3Ali%3Aorganization%3A91996107&shares=List%28urn%3Ali%3Ashare%3A1%29",
            400,
        ),
        (
            "organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity="
            "urn%3Ali%3Aorganization%3A91996107&shares=List(urn:li:share:1)",
            400,
        ),
        (
            "organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity="
            "urn%3Ali%3Aorganization%3A91996107&shares=List(urn%3Ali%3Ashare%3A1)",
            403,
        ),
    ],
)
def test_the_sandbox_refuses_what_linkedin_refuses(path, status):
    with Sandbox(SEED) as sandbox:
        headers = {
            "Authorization": f"Bearer {sandbox.token}",
            "LinkedIn-Version": "202611",
            "X-Restli-Protocol-Version": "2.0.0",
        }
        base = sandbox.base_url("linkedin", NIGHT)
        answer = httpx.get(f"{base}/rest/{path}", headers=headers)
        without_version = httpx.get(f"{base}/rest/{path}", headers=headers | {"LinkedIn-Version": "202411"})
    assert answer.status_code == status, answer.text
    assert status == 200 or answer.json().keys() >= {"status", "code", "message"}
    assert without_version.status_code == 426
