"""The Mastodon source against the sandbox over loopback, and its requests and fields against Mastodon's description."""

import json
import logging
import shutil
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from orchestration.sandbox.ministry import REGISTRY_DIR, Kind, Ministry
from orchestration.sandbox.server import Fault, FaultKind, Sandbox
from orchestration.settings import Settings
from orchestration.sources import SourceError, mastodon
from orchestration.sources.platform import Lost, Registered
from tests.platforms import DAY, NIGHT, SEED, Night, openapi_fields, properties

pytestmark = pytest.mark.usefixtures("no_waiting")

SERVER = "social.example.org"
HEADQUARTERS = "109135021603870184"
LONG = 200
"""Days in which the headquarters posts more than two pages."""
SECRET = "mastodon-token-for-nobodys-eyes"


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    """A night without faults. Read only."""
    night = Night("mastodon", tmp_path_factory.mktemp("mastodon"))
    night.read()
    return night


@pytest.fixture(scope="module")
def long(tmp_path_factory) -> Night:
    """A night that reads the headquarters' timeline over several pages. Read only."""
    night = Night("mastodon", tmp_path_factory.mktemp("long"))
    night.read(only=[(f"synthhq@{SERVER}", HEADQUARTERS)], trailing_days=LONG)
    return night


class AnswersWith:
    """A server on loopback that gives one account, and one page of its timeline, whatever it is asked."""

    def __init__(self, account: dict, page: list = (), headers: dict | None = None):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                is_timeline = "/statuses" in self.path
                self.send_response(200)
                for name, value in (headers or {}).items() if is_timeline else ():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps(list(page) if is_timeline else account).encode())

            def log_message(self, *_) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()


def requests(caplog) -> list[httpx.URL]:
    return [record.args[1] for record in caplog.records if record.name == "httpx"]


# What is landed


def test_every_post_of_the_window_is_landed_with_its_counts(night, ministry):
    start, end = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    posted = {
        post.id: (account.native_id, post.created_at.replace(tzinfo=None), *_counts(post))
        for account in ministry.accounts_on("mastodon")
        for post in ministry.timeline(account, NIGHT, start, end)
    }
    columns = ("account_id", "created_at", "favourites_count", "replies_count", "reblogs_count", "quotes_count")
    landed = night.landed("posts")
    assert {row[0]: row[1:] for row in landed.select("id", *columns).iter_rows()} == posted
    assert landed.height == len(posted) > 100


def _counts(post) -> tuple[int, int, int, int]:
    counts = post.counts_at(NIGHT)
    return (0, 0, 0, 0) if post.kind is Kind.RETWEET else (counts.likes, counts.replies, counts.reposts, counts.quotes)


def test_the_html_is_landed_as_mastodon_wrote_it(night):
    content = night.landed("posts")["content"]
    assert content.str.starts_with("<p>").all()
    for written in ("&amp;", "&lt;", "&#39;", '<span class="invisible">https://</span>', 'class="mention hashtag"'):
        assert content.str.contains(written, literal=True).any(), written
    assert not content.str.contains("&amp;amp;", literal=True).any()


def test_ids_stay_strings_beyond_what_a_double_can_hold(night):
    posts = night.landed("posts")
    assert posts["id"].cast(pl.Int64).min() > 2**53
    assert all(json.loads(raw)["id"] == post_id for post_id, raw in posts.select("id", "raw").iter_rows())


def test_a_boost_is_a_record_of_the_account_that_made_it_and_carries_the_boosted_text(night):
    boosts = night.landed("posts").drop_nulls("reblog_id")
    assert boosts.height > 5
    assert (boosts["id"] != boosts["reblog_id"]).all()
    assert boosts["content"].str.starts_with("<p>").all()
    assert boosts["favourites_count"].sum() == 0


def test_replies_and_quotes_say_what_they_refer_to(night):
    posts = night.landed("posts")
    assert posts["in_reply_to_id"].drop_nulls().len() > 5
    quotes = posts.drop_nulls("quote_state")
    assert quotes.height > 3
    assert set(quotes["quoted_id"].drop_nulls()) != set()


def test_profiles_are_landed_with_what_their_server_counts(night, ministry):
    accounts = night.landed("accounts")
    expected = {
        a.native_id: (a.handle, SERVER, ministry.account_state(a, NIGHT).followers)
        for a in ministry.accounts_on("mastodon")
    }
    columns = accounts.select("id", "handle", "server", "followers_count").iter_rows()
    assert {native_id: told for native_id, *told in columns} == {i: list(told) for i, told in expected.items()}


def test_accounts_far_ahead_of_utc_lose_no_day(tmp_path):
    missions = pl.read_csv(REGISTRY_DIR / "missions.csv", infer_schema=False)
    missions.with_columns(time_zone=pl.lit("Pacific/Tongatapu")).write_csv(tmp_path / "missions.csv")
    shutil.copy(REGISTRY_DIR / "accounts.csv", tmp_path)
    night, ministry = Night("mastodon", tmp_path, tmp_path), Ministry(SEED, tmp_path)
    for back in (2, 1, 0):
        night.read(day=DAY - timedelta(days=back), trailing_days=1)
    start, end = datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    lasting = [
        post.id
        for account in ministry.accounts_on("mastodon")
        for post in ministry.timeline(account, NIGHT + timedelta(days=400), start, end)
    ]
    assert set(night.landed("posts")["id"]) >= set(lasting)
    assert len(lasting) > 10


# Pages


def test_pages_are_followed_to_the_start_of_the_window_by_the_link_header(long, ministry):
    start, end = datetime(2026, 3, 3, tzinfo=UTC) - timedelta(days=LONG), datetime(2026, 3, 3, tzinfo=UTC)
    account = ministry.account(HEADQUARTERS, "mastodon")
    posted = [post.id for post in ministry.timeline(account, NIGHT, start, end)]
    assert sorted(long.landed("posts")["id"]) == sorted(posted)
    assert len(posted) > 2 * mastodon.POSTS_PER_PAGE


def test_a_link_to_another_host_is_not_followed(tmp_path, caplog):
    """The sandbox's links name the account's home server, as real ones do; here that is another host."""
    caplog.set_level(logging.INFO, "httpx")
    Night("mastodon", tmp_path).read(only=[(f"synthhq@{SERVER}", HEADQUARTERS)], trailing_days=LONG)
    asked = requests(caplog)
    assert {url.host for url in asked} == {"127.0.0.1"}
    assert len([url for url in asked if "max_id" in url.params]) >= 2


def test_a_post_seen_on_two_pages_is_landed_once(tmp_path, long):
    night = Night("mastodon", tmp_path)
    receipts = night.read(
        Fault(FaultKind.REPEATED_PAGE, where=f"{HEADQUARTERS}/statuses"),
        only=[(f"synthhq@{SERVER}", HEADQUARTERS)],
        trailing_days=LONG,
    )
    assert night.landed("posts")["id"].to_list() == long.landed("posts")["id"].to_list()
    assert receipts["posts"].repeated == mastodon.POSTS_PER_PAGE


@pytest.mark.parametrize(
    ("kind", "after", "told"),
    [
        (FaultKind.LOOPING_CURSOR, 1, "gives the page token"),
        (FaultKind.REPEATED_PAGE, 0, "never ends: 7 pages, 40 different posts"),
    ],
)
def test_a_timeline_that_goes_round_in_a_circle_is_told_and_not_landed(tmp_path, kind, after, told):
    night = Night("mastodon", tmp_path)
    fault = Fault(kind, where=f"{HEADQUARTERS}/statuses", after=after, times=10_000)
    night.read(fault, trailing_days=LONG)
    [(account, reason)] = night.told("account")
    assert account == HEADQUARTERS
    assert told in reason
    assert HEADQUARTERS not in night.landed("posts")["account_id"].to_list()
    assert night.landed("timelines").height == 9


@pytest.mark.parametrize(
    "kind", [FaultKind.SERVER_ERROR, FaultKind.UNAVAILABLE, FaultKind.CUT, FaultKind.MALFORMED, FaultKind.RATE_LIMITED]
)
def test_what_a_fault_spoils_is_asked_for_again_and_nothing_is_lost(tmp_path, night, kind):
    again = Night("mastodon", tmp_path)
    again.read(Fault(kind, where="/statuses", times=2))
    assert again.files() == night.files()


def test_the_real_limit_is_kept_without_a_refusal(tmp_path):
    night = Night("mastodon", tmp_path)
    night.read(hurry=1000)
    assert night.requests.keys() == {("mastodon", 200)}


# Accounts


def test_an_account_that_is_gone_or_has_an_impossible_name_costs_only_itself(tmp_path, night):
    again = Night("mastodon", tmp_path)
    gone = [(f"gone@{SERVER}", None), (f"gone2@{SERVER}", "42"), ("no-server", None), (f"synth@{SERVER}", "n/a")]
    again.read(also=gone)
    assert again.landed("posts").equals(night.landed("posts"))
    told = dict(again.told("account"))
    assert told.keys() == {f"gone@{SERVER}", "42", "no-server", "n/a"}
    assert "Record not found" in told["42"]


def test_a_renamed_account_is_found_by_its_id_and_landed_under_its_new_name(tmp_path):
    night = Night("mastodon", tmp_path)
    night.read(only=[(f"name-of-old@{SERVER}", HEADQUARTERS)], trailing_days=1)
    assert night.landed("accounts")["handle"].to_list() == [f"synthhq@{SERVER}"]


def test_an_id_learnt_one_night_is_used_the_next(tmp_path, caplog):
    night = Night("mastodon", tmp_path)
    night.read(only=[(f"SynthHQ@{SERVER}", None)], day=DAY - timedelta(days=1), trailing_days=1)
    caplog.set_level(logging.INFO, "httpx")
    night.read(only=[(f"SynthHQ@{SERVER}", None)], trailing_days=1)
    assert not [url for url in requests(caplog) if url.path.endswith("lookup")]


def test_each_server_is_asked_for_its_own_accounts_and_a_token_goes_to_its_own_server_only(caplog):
    caplog.set_level(logging.INFO, "httpx")
    with Sandbox(SEED) as first, Sandbox(SEED) as second:
        here, there = (httpx.URL(s.base_url("mastodon", NIGHT)).netloc.decode() for s in (first, second))
        path = httpx.URL(first.base_url("mastodon", NIGHT)).path
        reader = mastodon.connect(
            Settings(
                mastodon_base_url="http://{server}" + path,
                # The second sandbox has another token, and would refuse this one.
                mastodon_token=SecretStr(first.token),
                mastodon_token_server=here.upper(),
            )
        )
        profiles = list(reader.look_up([Registered(f"synthhq@{here}"), Registered(f"synthdhaka@{there}")]))
        readings = [reader.read(profile, NIGHT - timedelta(days=28), NIGHT) for profile in profiles]
        reader.close()
    assert [profile.payload["handle"] for profile in profiles] == [f"synthhq@{here}", f"synthdhaka@{there}"]
    assert all(reading.posts for reading in readings)
    asked = {(url.netloc.decode(), url.path.split("/")[-1]) for url in requests(caplog)}
    assert asked == {(server, what) for server in (here, there) for what in ("lookup", "statuses")}


def test_two_servers_accounts_of_one_id_are_not_taken_for_one():
    with Sandbox(SEED) as first, Sandbox(SEED) as second:
        here, there = (httpx.URL(s.base_url("mastodon", NIGHT)).netloc.decode() for s in (first, second))
        path = httpx.URL(first.base_url("mastodon", NIGHT)).path
        reader = mastodon.connect(Settings(mastodon_base_url="http://{server}" + path))
        _, lost = reader.look_up([Registered(f"synthhq@{here}"), Registered(f"synthhq@{there}")])
        reader.close()
    assert isinstance(lost, Lost)
    assert f"has the id {HEADQUARTERS}, as an account of {here} has" in lost.reason


def test_a_server_that_is_down_costs_only_its_own_accounts(caplog):
    with Sandbox(SEED) as sandbox, socket.create_server(("127.0.0.1", 0)) as closed:
        base = httpx.URL(sandbox.base_url("mastodon", NIGHT))
        up, down = base.netloc.decode(), f"127.0.0.1:{closed.getsockname()[1]}"
        closed.close()
        reader = mastodon.connect(Settings(mastodon_base_url="http://{server}" + base.path))
        told = []
        caplog.set_level(logging.INFO, "httpcore")
        for n in range(5):
            with pytest.raises(SourceError) as raised:
                list(reader.look_up([Registered(f"one{n}@{down}")]))
            told.append(str(raised.value))
        [profile] = reader.look_up([Registered(f"synthhq@{up}")])
        reader.close()
    assert profile.native_id == HEADQUARTERS
    assert ["is not asked again" in reason for reason in told] == [False, False, False, True, True]
    assert all(down in reason for reason in told)


# What the sandbox's accounts never are


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"moved": {"id": "7", "acct": "synthhq@elsewhere.example"}}, "has moved to synthhq@elsewhere.example"),
        ({"limited": True}, "is limited by its server"),
        ({"suspended": True}, "is suspended by its server"),
    ],
)
def test_what_a_server_says_of_the_state_of_an_account_is_told(more, reason):
    """A suspended account's timeline is given empty: it must not read as the deletion of every post."""
    given = {"id": "5", "acct": "synthhq", "followers_count": 3} | more
    with AnswersWith(given) as base:
        reader = mastodon.connect(Settings(mastodon_base_url=base))
        [account] = reader.look_up([Registered(f"synthhq@{SERVER}")])
        reader.close()
    if "suspended" in more:
        assert isinstance(account, Lost)
        assert reason in account.reason
    else:
        [finding] = reader.findings()
        assert (finding.value, account.payload["handle"]) == (f"synthhq@{SERVER}", f"synthhq@{SERVER}")
        assert reason in finding.reason


@pytest.mark.parametrize(
    ("page", "link", "reason"),
    [
        (["1"], None, "posts that are none"),
        ([], '<https://h/api?min_id=3>; rel="next"', "does not say where"),
    ],
)
def test_a_page_that_makes_no_sense_does_not_pass_for_a_timeline(page, link, reason):
    with AnswersWith({"id": "5", "acct": "synthhq"}, page, {"Link": link} if link else {}) as base:
        reader = mastodon.connect(Settings(mastodon_base_url=base))
        [profile] = reader.look_up([Registered(f"synthhq@{SERVER}")])
        with pytest.raises(SourceError, match=reason):
            reader.read(profile, NIGHT - timedelta(days=1), NIGHT)
        reader.close()


def test_what_a_token_shows_beyond_the_public_is_left_alone():
    shown = [
        {"id": str(n), "created_at": "2026-03-02T10:00:00.000Z", "visibility": visibility}
        for n, visibility in enumerate(("public", "unlisted", "private", "direct"))
    ]
    with AnswersWith({"id": "5", "acct": "synthhq"}, shown) as base:
        reader = mastodon.connect(Settings(mastodon_base_url=base))
        [profile] = reader.look_up([Registered(f"synthhq@{SERVER}")])
        reading = reader.read(profile, NIGHT - timedelta(days=1), NIGHT)
        reader.close()
    assert [post["visibility"] for post in reading.posts] == ["public", "unlisted"]


# The token


def test_a_wrong_token_is_told_of_and_appears_in_no_file_no_log_and_no_error(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    night = Night("mastodon", tmp_path)
    with pytest.raises(SourceError, match=r"answered 401: The access token is invalid \(asked at social") as raised:
        night.read(mastodon_token=SecretStr(SECRET), mastodon_token_server=SERVER)
    assert SECRET not in caplog.text + str(raised.value) + repr(night.findings)
    assert not [path for path, content in night.files().items() if SECRET.encode() in content]


def test_a_token_of_another_server_is_not_sent(tmp_path, night):
    again = Night("mastodon", tmp_path)
    again.read(mastodon_token=SecretStr(SECRET), mastodon_token_server="elsewhere.example")
    assert again.files() == night.files()


def test_a_token_of_no_server_is_told_of(tmp_path):
    night = Night("mastodon", tmp_path)
    night.read(only=[(f"synthhq@{SERVER}", HEADQUARTERS)], trailing_days=1, mastodon_token=SecretStr(SECRET))
    [(_, reason)] = night.told("credential")
    assert "SIFARAT_MASTODON_TOKEN_SERVER is not" in reason
    assert SECRET not in reason


# Requests and fields, held to Mastodon's description


def test_every_request_is_one_that_mastodon_describes(specs, caplog, tmp_path):
    caplog.set_level(logging.INFO, "httpx")
    handles = [(f"synthhq@{SERVER}", HEADQUARTERS), (f"synthdhaka@{SERVER}", None)]
    Night("mastodon", tmp_path).read(only=handles, trailing_days=LONG)
    paths = properties(specs / "mastodon" / "openapi.json")["paths"]
    used = set()
    for url in requests(caplog):
        last = url.path.rsplit("/", 1)[1]
        template = f"/api/v1/accounts/{last if last == 'lookup' else '{id}' if last.isdecimal() else '{id}/' + last}"
        told = {one["name"]: one for one in paths[template]["get"]["parameters"] if one["in"] == "query"}
        assert set(url.params) <= set(told)
        assert {name for name, one in told.items() if one.get("required")} <= set(url.params)
        assert int(url.params.get("limit", 1)) <= 40
        used.add(template)
    assert len(used) == 3


def test_every_landed_field_is_one_that_mastodon_describes(specs):
    description = properties(specs / "mastodon" / "openapi.json")
    assert openapi_fields(mastodon.ACCOUNTS, description, "Account", own={"handle", "server"}) == []
    assert openapi_fields(mastodon.POSTS, description, "Status", own={"account_id"}) == []
    assert openapi_fields(mastodon.POSTS, description, "Account", own={"account_id"}) != []


def test_what_the_sandbox_gives_is_what_mastodon_describes(specs):
    schemas = properties(specs / "mastodon" / "openapi.json")["components"]["schemas"]
    with Sandbox(SEED) as sandbox, httpx.Client(base_url=sandbox.base_url("mastodon", NIGHT)) as client:
        account = client.get(f"/api/v1/accounts/{HEADQUARTERS}").json()
        statuses = client.get(f"/api/v1/accounts/{HEADQUARTERS}/statuses?limit=400").json()
        missing = client.get("/api/v1/accounts/42/statuses")
    assert len(statuses) == 40
    assert (missing.status_code, missing.json()) == (404, {"error": "Record not found"})
    for given, name in ((account, "Account"), *((status, "Status") for status in statuses)):
        assert set(schemas[name]["required"]) <= set(given) <= set(schemas[name]["properties"])
