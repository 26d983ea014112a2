"""The X source against the sandbox over loopback, and against answers that the sandbox never gives."""

import json
import logging
import math
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import jsonschema
import polars as pl
import pytest
import stamina
from pydantic import SecretStr

from orchestration import addresses
from orchestration.contracts import Contract
from orchestration.landing import Batch, Landing, Receipt, Window
from orchestration.sandbox.ministry import Kind, Ministry, Post
from orchestration.sandbox.server import Fault, FaultKind, Sandbox
from orchestration.sources import SourceError, http, x
from orchestration.sources.http import Api, Refusal
from orchestration.sources.platform import Registered, extract

SEED = 7
DAY = date(2026, 3, 2)
NIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)
TRAILING_DAYS = 150
"""Long enough for the busiest of the accounts below to need a second page."""

HEADQUARTERS, COLOMBO, DHAKA = "960018171123676211", "750000085578041574", "1097313206236734845"
ACCOUNTS = [("SynthHQ", HEADQUARTERS), ("SynthColombo", COLOMBO), ("SynthDhaka", DHAKA)]


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(autouse=True)
def no_waiting():
    """Retries happen at once; how long the client would have waited is proved where it matters."""
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.fixture(scope="module")
def busy(ministry) -> str:
    """The account of ``ACCOUNTS`` with the most posts in the trailing window: more than a page of them."""
    start = datetime(2026, 3, 3, tzinfo=UTC) - timedelta(days=TRAILING_DAYS)
    posted = {
        native_id: len(list(ministry.timeline(ministry.account(native_id), NIGHT, start))) for _, native_id in ACCOUNTS
    }
    busiest = max(posted, key=posted.get)
    assert 100 < posted[busiest] <= 3200
    return busiest


def api(base_url: str, token: str, *, patience_seconds: float = 60) -> Api:
    return Api(
        "x",
        base_url,
        bearer=SecretStr(token),
        timeout_seconds=10,
        patience_seconds=patience_seconds,
        internal_hosts=("127.0.0.1",),
    )


class Reader:
    """Reads the sandbox night by night and lands what came, as the nightly run does."""

    def __init__(self, root: Path):
        self.landing = Landing(root, is_synthetic=True)
        self.told: list[tuple] = []

    def __call__(
        self,
        *faults: Fault,
        accounts: list[tuple[str, str | None]] = ACCOUNTS,
        day: date = DAY,
        trailing_days: int = TRAILING_DAYS,
        patience_seconds: float = 60,
    ) -> dict[str, Receipt]:
        with Sandbox(SEED, faults=faults) as sandbox:
            as_of = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1, hours=1)
            with api(sandbox.base_url("x", as_of), sandbox.token, patience_seconds=patience_seconds) as connected:
                batches = extracted(
                    connected, accounts, day, trailing_days, lambda *told: self.told.append(told), self.landing
                )
                return {batch.contract.table: self.landing.write(batch) for batch in batches}

    def ids(self, author: str) -> list[str]:
        return self.landing.read(x.POSTS).filter(author_id=author)["id"].to_list()

    def timelines(self) -> dict[str, int]:
        return dict(self.landing.read(x.PLATFORM.timelines).select("account_native_id", "posts_read").iter_rows())

    def warnings(self, table: str) -> list[tuple[str, str]]:
        parts = sorted((self.landing.root / "_warnings" / "x" / table).rglob("part-2*.parquet"))
        return [row for part in parts for row in pl.read_parquet(part).select("value", "reason").iter_rows()]

    def files(self) -> dict[str, bytes]:
        root = self.landing.root
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def extracted(
    connected: Api,
    accounts: list[tuple[str, str | None]] = ACCOUNTS,
    day: date = DAY,
    trailing_days: int = TRAILING_DAYS,
    progress: Callable[..., None] = lambda *_: None,
    landing: Landing | None = None,
) -> Iterator[Batch]:
    return extract(
        x.PLATFORM,
        x.XReader(connected, x.Prices(post=0.005, user=0.01, night=None)),
        [Registered(*account) for account in accounts],
        landing or Landing(Path(tempfile.mkdtemp()), is_synthetic=True),
        Window.of_day(day),
        trailing_days=trailing_days,
        is_synthetic=True,
        progress=progress,
    )


@pytest.fixture
def read(tmp_path) -> Reader:
    return Reader(tmp_path / "landing")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Reader:
    """What an hour without faults lands. Read only."""
    reader = Reader(tmp_path_factory.mktemp("undisturbed") / "landing")
    reader()
    return reader


# What is landed


def test_every_post_of_the_window_is_landed_as_x_gave_it(undisturbed, ministry):
    start, end = datetime(2026, 3, 3, tzinfo=UTC) - timedelta(days=TRAILING_DAYS), datetime(2026, 3, 3, tzinfo=UTC)
    posted = [post for _, a in ACCOUNTS for post in ministry.timeline(ministry.account(a), NIGHT, start, end)]
    landed = undisturbed.landing.read(x.POSTS)
    assert dict(landed.select("id", "text").iter_rows()) == {post.id: post.text for post in posted}
    assert landed.height == len(posted) > 300


def test_html_entities_stay_as_x_wrote_them(undisturbed):
    texts = undisturbed.landing.read(x.POSTS)["text"]
    assert texts.str.contains("&amp;", literal=True).any()
    assert not texts.str.contains(r"&(?:[^a-z]|$)").any()


def test_a_long_post_is_landed_whole(undisturbed):
    posts = undisturbed.landing.read(x.POSTS)
    long = [json.loads(raw) | {"landed": text} for raw, text in posts.select("raw", "text").iter_rows()]
    cut = [post for post in long if "note_post" in post]
    assert cut
    for post in cut:
        assert len(post["text"]) <= 280 < len(post["landed"])
        assert post["landed"] == post["note_post"]["text"]


def test_ids_stay_strings_beyond_what_a_double_can_hold(undisturbed):
    posts = undisturbed.landing.read(x.POSTS)
    assert posts.schema["id"] == posts.schema["author_id"] == pl.String
    assert posts["id"].cast(pl.Int64).min() > 2**53
    assert all(f'"id": "{post_id}"' in raw for post_id, raw in posts.select("id", "raw").iter_rows())


def test_followers_are_those_x_counts_that_night(undisturbed, ministry):
    accounts = undisturbed.landing.read(x.ACCOUNTS)
    expected = {a: ministry.account_state(ministry.account(a), NIGHT).followers for _, a in ACCOUNTS}
    assert dict(accounts.select("id", "followers_count").iter_rows()) == expected
    assert accounts["observed_at"].to_list() == [datetime(2026, 3, 3, 1)] * 3
    assert accounts["date"].to_list() == [DAY] * 3


def test_a_timeline_says_how_far_it_was_read(undisturbed, ministry):
    timelines = undisturbed.landing.read(x.PLATFORM.timelines)
    assert set(timelines.select("window_start", "window_end").iter_rows()) == {
        (datetime(2025, 10, 4), datetime(2026, 3, 3))
    }
    posts = undisturbed.landing.read(x.POSTS)
    assert undisturbed.timelines() == dict(posts.group_by("author_id").len().iter_rows())


def test_progress_counts_every_account(undisturbed):
    looked_up, *read = [told[1:] for told in undisturbed.told]
    assert looked_up == (3, 3)
    assert read == [(1, 3), (2, 3), (3, 3)]


def test_the_same_window_read_twice_gives_the_same_bytes(read, undisturbed):
    read()
    once = read.files()
    read()
    assert read.files() == once == undisturbed.files()


def restated_post(ministry: Ministry) -> tuple[Post, date, date]:
    """A post that X counts likes away from between two nights on which it is due."""
    for account in ministry.accounts_on("x"):
        for n in range(60):
            for post in ministry.posts(account, date(2026, 1, 10) + timedelta(days=n)):
                if post.kind is Kind.RETWEET or post.deleted_at.year < 9999:
                    continue
                for age in range(4, 12):
                    first = post.created_at.date() + timedelta(days=age)
                    later = post.created_at.date() + timedelta(days=math.ceil(age * 1.7))
                    likes = [post.counts_at(night_after(day)).likes for day in (first, later)]
                    if likes[1] < likes[0]:
                        return post, first, later
    raise AssertionError("no post is restated")


def night_after(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1, hours=1)


def test_posts_that_are_due_are_observed_again_and_their_restated_likes_stand_beside_the_old(read, ministry):
    post, first, later = restated_post(ministry)
    own = [(post.author.handle, post.author.native_id)]
    read(accounts=own, day=first, trailing_days=28)
    before = read.files()
    read(accounts=own, day=later, trailing_days=28)
    observed = read.landing.read(x.POSTS).filter(id=post.id).sort("date")
    assert observed["date"].to_list() == [first, later]
    likes = observed["like_count"].to_list()
    assert likes == [post.counts_at(night_after(day)).likes for day in (first, later)]
    assert likes[1] < likes[0]
    # What a quote or an answer refers to is told once and kept.
    assert observed["referenced_id"].n_unique() == 1
    assert before.items() <= read.files().items()


def test_a_timeline_is_read_only_from_where_the_last_night_ended(read, ministry):
    read(trailing_days=28)
    read(day=DAY + timedelta(days=1), trailing_days=28)
    timelines = read.landing.read(x.PLATFORM.timelines, [DAY + timedelta(days=1)])
    assert set(timelines["window_start"]) == {datetime(2026, 3, 3)}
    [account] = [account for account in ACCOUNTS if account[1] == COLOMBO]
    read(accounts=[account], day=DAY + timedelta(days=2), trailing_days=28)
    read(day=DAY + timedelta(days=3), trailing_days=28)
    starts = read.landing.read(x.PLATFORM.timelines, [DAY + timedelta(days=3)])
    # A night that two accounts missed is made up for.
    assert dict(starts.select("account_native_id", "window_start").iter_rows()) == {
        HEADQUARTERS: datetime(2026, 3, 4),
        COLOMBO: datetime(2026, 3, 5),
        DHAKA: datetime(2026, 3, 4),
    }
    start, end = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)
    known = {
        post.id for _, a in ACCOUNTS for post in ministry.timeline(ministry.account(a), night_after(DAY), start, end)
    }
    assert known <= set(read.landing.read(x.POSTS)["id"])


def test_a_post_older_than_the_trailing_window_is_left_alone(read):
    read(trailing_days=3)
    assert read.landing.read(x.POSTS)["created_at"].min() >= datetime(2026, 2, 28)


def test_a_post_that_was_deleted_is_told_as_missing_and_asked_for_no_more(read, ministry):
    days = (DAY - timedelta(days=n) for n in range(2, 300))
    deleted = next(
        post
        for day in days
        for post in ministry.posts(ministry.account(HEADQUARTERS), day)
        if post.kind is not Kind.RETWEET
        and post.deleted_at.year < 9999
        and post.deleted_at.date() > post.created_at.date() + timedelta(days=1)
    )
    own = [("SynthHQ", HEADQUARTERS)]
    first = deleted.deleted_at.date() - timedelta(days=1)
    later = first + timedelta(days=(first - deleted.created_at.date()).days + 2)
    read(accounts=own, day=first, trailing_days=90)
    assert deleted.id in read.ids(HEADQUARTERS)
    read(accounts=own, day=later, trailing_days=90)
    assert deleted.id not in read.landing.read(x.POSTS, [later])["id"].to_list()
    missing = read.landing.read(x.MISSING_POSTS)
    assert missing.filter(id=deleted.id).select("author_id", "title").rows() == [(HEADQUARTERS, "Not Found Error")]
    read(accounts=own, day=later + timedelta(days=60), trailing_days=90)
    assert read.landing.read(x.MISSING_POSTS).filter(id=deleted.id).height == 1


def test_an_account_known_only_by_its_handle_is_found(read):
    read(accounts=[("synthhq", None), ("SynthColombo", COLOMBO)], trailing_days=3)
    assert sorted(read.landing.read(x.ACCOUNTS)["id"]) == [COLOMBO, HEADQUARTERS]


# Faults on the way


@pytest.mark.parametrize(
    "kind", [FaultKind.SERVER_ERROR, FaultKind.UNAVAILABLE, FaultKind.CUT, FaultKind.MALFORMED, FaultKind.RATE_LIMITED]
)
@pytest.mark.parametrize("where", ["/2/users?", "/tweets?"])
def test_what_a_fault_spoils_is_asked_for_again_and_nothing_is_lost(read, undisturbed, kind, where):
    read(Fault(kind, where=where, times=3))
    assert read.files() == undisturbed.files()


def test_a_rate_limit_is_waited_for_until_its_reset(read):
    began = time.monotonic()
    read(Fault(FaultKind.RATE_LIMITED, where=COLOMBO + "/tweets", reset_seconds=1), trailing_days=3)
    # A second until the reset, and half of one so that it is surely past.
    assert 1.5 <= time.monotonic() - began < 5
    assert len(read.timelines()) == 3


def test_a_limit_beyond_all_patience_costs_only_the_accounts_that_meet_it(read, undisturbed):
    limit = Fault(FaultKind.RATE_LIMITED, where="/tweets", after=1, times=10_000, reset_seconds=7200)
    read(limit, patience_seconds=60, trailing_days=3)
    [native_id] = read.timelines()
    assert set(read.ids(native_id)) <= set(undisturbed.ids(native_id))
    warned = dict(read.warnings("timelines"))
    assert warned.keys() == {HEADQUARTERS, COLOMBO, DHAKA} - {native_id}
    assert all("the rate limit resets only in 7,20" in reason for reason in warned.values())


def test_a_post_seen_on_two_pages_is_landed_once(read, undisturbed, busy):
    receipts = read(Fault(FaultKind.REPEATED_PAGE, where=f"{busy}/tweets"))
    assert read.ids(busy) == undisturbed.ids(busy)
    assert (receipts["posts"].repeated, receipts["posts"].quarantined) == (100, 0)
    assert read.timelines() == undisturbed.timelines()


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.CUT, FaultKind.MALFORMED, FaultKind.LOOPING_CURSOR])
def test_a_timeline_that_breaks_in_the_middle_is_not_landed_as_if_it_were_whole(read, undisturbed, busy, kind):
    read(Fault(kind, where=f"{busy}/tweets", after=1, times=10_000))
    assert read.ids(busy) == []
    assert busy not in read.timelines()
    [(account, reason)] = read.warnings("timelines")
    assert account == busy
    assert busy in reason
    others = {native_id for _, native_id in ACCOUNTS} - {busy}
    assert {other: read.ids(other) for other in others} == {other: undisturbed.ids(other) for other in others}


def test_a_cursor_that_leads_back_to_itself_is_told_and_ends(read, busy):
    read(Fault(FaultKind.LOOPING_CURSOR, where=f"{busy}/tweets", after=1, times=10_000))
    [(_, reason)] = read.warnings("timelines")
    assert "gives the page token" in reason
    assert "never ends" in reason


def test_pages_that_repeat_without_end_are_given_up(read, busy):
    read(Fault(FaultKind.REPEATED_PAGE, where=f"{busy}/tweets", times=10_000))
    [(account, reason)] = read.warnings("timelines")
    assert account == busy
    # One page that is new, five that are not, and the sixth is one too many.
    assert "never ends: 7 pages, 100 different posts" in reason


def test_a_platform_that_is_down_lands_no_post_and_says_so(read):
    with pytest.raises(SourceError, match=r"not one of 3 timelines could be read; the first: .* 503: Service Unav"):
        read(Fault(FaultKind.UNAVAILABLE, where="/tweets", times=10_000))
    assert read.landing.read(x.POSTS).is_empty()
    assert read.landing.read(x.PLATFORM.timelines).is_empty()


# Accounts that cannot be read


def test_an_account_that_is_gone_is_warned_of_and_the_others_go_on(read, undisturbed):
    read(accounts=[*ACCOUNTS, ("SynthGone", "1234567890"), ("SynthNever", None)])
    assert sorted(read.landing.read(x.POSTS)["id"]) == sorted(undisturbed.landing.read(x.POSTS)["id"])
    assert read.warnings("accounts") == [
        ("1234567890", "x: Not Found Error: Could not find user with ids: [1234567890]."),
        ("SynthNever", "x: Not Found Error: Could not find user with usernames: [SynthNever]."),
    ]


def test_a_name_that_x_would_refuse_does_not_take_the_others_with_it(read):
    impossible = [("Synth-Lisbon", None), ("SynthOslo", "n/a"), ("TheMissionToThe16", None)]
    read(accounts=[*ACCOUNTS, *impossible], trailing_days=3)
    assert read.timelines().keys() == {HEADQUARTERS, COLOMBO, DHAKA}
    warned = dict(read.warnings("accounts"))
    assert warned.keys() == {"Synth-Lisbon", "n/a", "TheMissionToThe16"}
    assert "@SynthOslo is registered as 'n/a', which is no name X can have" in warned["n/a"]


def test_an_account_registered_under_two_handles_is_read_once(read):
    read(accounts=[*ACCOUNTS, ("SynthHQOld", HEADQUARTERS)], trailing_days=3)
    assert read.landing.read(x.ACCOUNTS)["id"].n_unique() == read.landing.read(x.ACCOUNTS).height == 3


def test_a_register_of_which_x_knows_nobody_fails_and_quotes_x(read):
    with pytest.raises(SourceError, match=r"gives none of the 1 registered accounts; .*Could not find user"):
        read(accounts=[("SynthGone", "1234567890")])
    assert read.landing.committed(x.ACCOUNTS) == []


# The token


def test_a_wrong_token_is_refused_and_appears_in_no_error_and_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    secret = "AAAAwrongAAAAtokenAAAA"
    with (
        Sandbox(SEED) as sandbox,
        api(sandbox.base_url("x", NIGHT), secret) as refused,
        pytest.raises(SourceError, match=r"registered accounts; x: 2/users answered 401: Unauthorized") as raised,
    ):
        list(extracted(refused))
    assert secret not in "".join(traceback.format_exception(raised.value))
    assert caplog.messages
    assert secret not in caplog.text


def test_a_good_token_appears_in_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    with Sandbox(SEED) as sandbox, api(sandbox.base_url("x", NIGHT), sandbox.token) as connected:
        list(extracted(connected, trailing_days=1))
        token = sandbox.token
    assert "2/users" in caplog.text
    assert token not in caplog.text


def test_a_token_read_from_a_file_with_its_line_feed_is_good():
    with Sandbox(SEED) as sandbox, api(sandbox.base_url("x", NIGHT), sandbox.token + "\n") as connected:
        accounts, *_ = extracted(connected, trailing_days=1)
    assert accounts.text.height == 3


@pytest.mark.parametrize("token", ["", " \n", "secret\ninjected: yes", "secret token", "secrét", "secret\x00"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token):
    with pytest.raises(SourceError, match="x: the token is empty or holds a blank or another character") as raised:
        api("http://127.0.0.1:9", token)
    assert "secr" not in str(raised.value)


# Requests, held to X's description


def test_every_request_is_one_that_x_describes(read, caplog, specs):
    caplog.set_level(logging.INFO, "httpx")
    read(accounts=[*ACCOUNTS, ("SynthParis", None)], trailing_days=60)
    read(day=DAY + timedelta(days=1), trailing_days=60)
    description = json.loads((specs / "x" / "openapi.json").read_text(encoding="utf-8"))
    shared = description["components"]["parameters"]
    requests = [record.args[1] for record in caplog.records if record.name == "httpx"]
    asked = set()
    for url in requests:
        path = "/2/" + url.path.split("/2/", 1)[1]
        template = "/2/users/{id}/tweets" if path.endswith("/tweets") and path != "/2/tweets" else path
        asked.add(template)
        told = description["paths"][template]["get"]["parameters"]
        known = [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in told]
        schemas = {one["name"]: one["schema"] for one in known if one["in"] == "query"}
        for name, text in url.params.items():
            kinds = {"array": lambda text: text.split(","), "integer": int}
            value = kinds.get(schemas[name]["type"], str)(text)
            document = schemas[name] | {"components": description["components"]}
            jsonschema.Draft4Validator(document).validate(value)
        assert {one["name"] for one in known if one.get("required") and one["in"] == "query"} <= set(url.params)
    assert asked == {"/2/users", "/2/users/by", "/2/users/{id}/tweets", "/2/tweets"}


def undefined(contract: Contract, description: dict, schema: str, own: set[str] = frozenset()) -> list[str]:
    """The places of the contract's fields that X's description does not define."""
    schemas = description["components"]["schemas"]

    def is_defined(node: dict, names: list[str]) -> bool:
        while "$ref" in node:
            node = schemas[node["$ref"].rsplit("/", 1)[1]]
        if not names:
            return True
        if node.get("type") == "array":
            return is_defined(node["items"], names)
        # Of private metrics the description says only that they are an object.
        if node.get("type") == "object" and "properties" not in node:
            return True
        if names[0] in node.get("properties", {}):
            return is_defined(node["properties"][names[0]], names[1:])
        return any(is_defined(part, names) for part in node.get("allOf", []))

    paths = [path for f in contract.fields if f.name not in own for path in f.json_paths]
    split = {path: [name for name in path.replace("[0]", "").split(".") if name != "$"] for path in paths}
    return [path for path, names in split.items() if not is_defined(schemas[schema], names)]


def test_every_landed_field_is_one_that_x_describes(specs):
    description = json.loads((specs / "x" / "openapi.json").read_text(encoding="utf-8"))
    assert undefined(x.ACCOUNTS, description, "User") == []
    assert undefined(x.POSTS, description, "Post") == []
    # The author of a missing post is what we knew of it.
    assert undefined(x.MISSING_POSTS, description, "ResourceNotFoundProblem", own={"author_id", "id"}) == []
    without = json.loads(json.dumps(description))
    del without["components"]["schemas"]["PostPublicMetrics"]["properties"]["bookmark_count"]
    assert undefined(x.POSTS, without, "Post") == ["$.public_metrics.bookmark_count"]


# Answers that the sandbox never gives


@pytest.fixture
def answering(monkeypatch):
    """An Api whose requests are answered by a function of (path, query)."""

    def connect(answer: Callable[[str, httpx.QueryParams], httpx.Response], *, patience_seconds: float = 60) -> Api:
        transport = httpx.MockTransport(lambda request: answer(request.url.path, request.url.params))
        monkeypatch.setattr(http, "client", lambda hosts, **options: httpx.Client(transport=transport, **options))
        return api("https://x.invalid", "secret", patience_seconds=patience_seconds)

    return connect


def user(native_id: str) -> dict:
    return {"id": native_id, "username": f"u{native_id}", "name": "N"}


def timeline(*posts: dict) -> httpx.Response:
    return httpx.Response(200, json={"data": list(posts), "meta": {"result_count": len(posts)}})


POST = {"id": "1", "author_id": "11", "text": "t", "created_at": "2026-03-01T10:00:00.000Z"}
TWO = [("u11", "11"), ("u22", "22")]


def landed(batches: Iterator[Batch], tmp_path: Path) -> tuple[Landing, dict[str, Receipt]]:
    landing = Landing(tmp_path / "landing", is_synthetic=True)
    return landing, {batch.contract.table: landing.write(batch) for batch in batches}


def warned(landing: Landing, table: str) -> list[tuple[str, str]]:
    return Reader(landing.root).warnings(table)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"meta": {}},
        {"data": None},
        {"data": {"id": "1"}, "meta": {"result_count": 1}},
        {"data": ["1", "2"], "meta": {"result_count": 2}},
        {"data": 5, "meta": {"result_count": 5}},
        {"meta": {"result_count": 100}},
        {"meta": "none"},
        {"errors": [{"title": "Authorization Error", "detail": "not for you"}]},
    ],
)
def test_an_empty_answer_does_not_pass_for_a_timeline_without_posts(answering, tmp_path, body):
    def answer(path, query):
        if path == "/2/users":
            return httpx.Response(200, json={"data": [user("11"), user("22")]})
        return httpx.Response(200, json=body) if "/22/" in path else timeline(POST)

    landing, _ = landed(extracted(answering(answer), TWO), tmp_path)
    assert landing.read(x.PLATFORM.timelines)["account_native_id"].to_list() == ["11"]
    assert [account for account, _ in warned(landing, "timelines")] == ["22"]


def test_an_account_that_x_passes_over_in_silence_is_warned_of(answering, tmp_path):
    def answer(path, query):
        return httpx.Response(200, json={"data": [user("11")]}) if path == "/2/users" else timeline(POST)

    landing, _ = landed(extracted(answering(answer), TWO), tmp_path)
    assert warned(landing, "accounts") == [("22", "x: X was asked for this account and said nothing of it")]


@pytest.mark.parametrize("status", [401, 402])
def test_what_was_read_before_a_token_is_revoked_or_not_paid_for_is_landed(answering, tmp_path, status):
    people = [(f"u{n}", str(n)) for n in range(11, 41)]
    asked, lock = [], threading.Lock()

    def answer(path, query):
        if path == "/2/users":
            return httpx.Response(200, json={"data": [user(native_id) for _, native_id in people]})
        with lock:
            asked.append(path)
            if len(asked) > 5:
                return httpx.Response(status, json={"title": "No"})
        return timeline(POST | {"id": path.split("/")[3]})

    landing, _ = landed(extracted(answering(answer), people), tmp_path)
    read = landing.read(x.PLATFORM.timelines)["account_native_id"].to_list()
    assert len(read) == 5
    lost = dict(warned(landing, "timelines"))
    assert lost.keys() | set(read) == {native_id for _, native_id in people}
    assert all(f"answered {status}: No" in reason for reason in lost.values())
    # Those that were under way find out for themselves; the others are not asked for.
    assert len(asked) <= 5 + 8
    assert sum("not asked for" in reason for reason in lost.values()) >= 25 - 8


def test_a_platform_that_goes_down_is_not_asked_for_each_account(answering, tmp_path):
    people = [(f"u{n}", str(n)) for n in range(11, 61)]
    asked = []

    def answer(path, query):
        if path == "/2/users":
            return httpx.Response(200, json={"data": [user(native_id) for _, native_id in people]})
        asked.append(path)
        return httpx.Response(503) if len(asked) > 1 else timeline(POST)

    landing, _ = landed(extracted(answering(answer), people), tmp_path)
    assert landing.read(x.PLATFORM.timelines).height == 1
    assert len(set(asked)) <= 1 + 3 + 8


@pytest.mark.parametrize("status", [302, 403, 404, 410])
def test_a_refusal_of_one_account_is_told_and_the_others_go_on(answering, tmp_path, status):
    def answer(path, query):
        if path == "/2/users":
            return httpx.Response(200, json={"data": [user("11"), user("22")]})
        return httpx.Response(status, text="<p>Not\n here</p>") if "/22/" in path else timeline(POST)

    landing, _ = landed(extracted(answering(answer), TWO), tmp_path)
    assert landing.read(x.PLATFORM.timelines)["account_native_id"].to_list() == ["11"]
    assert warned(landing, "timelines") == [("22", f"x: 2/users/22/tweets answered {status}: <p>Not here</p>")]


@pytest.mark.parametrize("strange", [{"meta": {"result_count": 1, "next_token": ["a"]}}, {"includes": 7}])
def test_an_answer_of_an_unknown_shape_costs_the_account_it_is_about(answering, tmp_path, strange):
    def answer(path, query):
        if path == "/2/users":
            return httpx.Response(200, json={"data": [user("11"), user("22")]})
        body = {"data": [POST], "meta": {"result_count": 1}}
        return httpx.Response(200, json=body | strange if "/22/" in path else body)

    landing, _ = landed(extracted(answering(answer), TWO), tmp_path)
    assert "11" in landing.read(x.PLATFORM.timelines)["account_native_id"].to_list()
    assert {account for account, _ in warned(landing, "timelines")} <= {"22"}


def test_a_user_without_an_id_is_quarantined_and_the_others_go_on(answering, tmp_path):
    def answer(path, query):
        users = [{"username": "u22", "name": "N"}, user("11")]
        return httpx.Response(200, json={"data": users}) if path == "/2/users" else timeline(POST)

    _, receipts = landed(extracted(answering(answer), TWO), tmp_path)
    assert (receipts["accounts"].landed, receipts["accounts"].quarantined, receipts["timelines"].landed) == (1, 1, 1)


def test_half_a_character_puts_its_post_in_quarantine_and_no_other(answering, tmp_path):
    posts = {"data": [POST, POST | {"id": "2", "text": "x\ud83d"}], "meta": {"result_count": 2}}

    def answer(path, query):
        return httpx.Response(200, text=json.dumps({"data": [user("11")]} if path == "/2/users" else posts))

    landing, receipts = landed(extracted(answering(answer), [("u11", "11")]), tmp_path)
    assert landing.read(x.POSTS)["id"].to_list() == ["1"]
    assert receipts["posts"].quarantined == 1
    [part] = (landing.root / "_quarantine/x/posts").rglob("part-2*.parquet")
    assert r'"text": "x\ud83d"' in pl.read_parquet(part)["raw"][0]


def test_an_observation_is_as_old_as_the_platforms_clock_says(answering):
    def answer(path, query):
        told = {"Date": "Tue, 03 Mar 2026 04:05:06 GMT"}
        return httpx.Response(200, json={"data": [user("11")]}, headers=told) if path == "/2/users" else timeline(POST)

    accounts, *_ = extracted(answering(answer), [("u11", "11")])
    assert (accounts.observed_at, accounts.day) == (datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC), DAY)


def test_a_refusal_repeats_what_the_platform_says_of_the_parameter(answering):
    body = {"detail": "One or more parameters was invalid.", "errors": [{"message": "`ids` is too long"}]}
    refusing = answering(lambda path, query: httpx.Response(400, json=body))
    with pytest.raises(Refusal, match=r"2/users answered 400: One or more parameters was invalid\. `ids` is too long$"):
        refusing.get("2/users", {})


@pytest.mark.parametrize("padding", [0, 290, 297, 299])
def test_a_gateway_that_repeats_the_token_it_refuses_does_not_bring_it_into_the_error(answering, padding):
    refusing = answering(lambda path, query: httpx.Response(403, text="." * padding + "secret"))
    with pytest.raises(Refusal) as raised:
        refusing.get("2/users", {})
    assert "answered 403: " in str(raised.value)
    assert ".s" not in str(raised.value)
    assert "sec" not in str(raised.value)


@pytest.mark.parametrize("body", ["[1]", '"text"', "<html>", "", "{"])
def test_an_answer_that_is_no_json_object_is_asked_for_again_and_then_told(answering, body):
    asked = []

    def answer(path, query):
        asked.append(path)
        return httpx.Response(200, text=body)

    with pytest.raises(SourceError, match=r"x: 2/users could not be read in 8 attempts: the answer is "):
        answering(answer).get("2/users", {})
    assert len(asked) == 8


def test_a_packed_answer_that_cannot_be_unpacked_is_asked_for_again():
    broken = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip"))
    answers = iter([broken, httpx.Response(200, json={})])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses._Guarded, "handle_request", lambda self, request: next(answers))
        assert api("https://x.invalid", "secret").get("2/users", {}).body == {}


def test_a_base_url_without_a_scheme_is_told_at_once():
    with pytest.raises(SourceError, match=r"x: 2/users could not be read: Request URL is missing an 'http"):
        api("api.x.com", "secret").get("2/users", {})
