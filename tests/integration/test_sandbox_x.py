"""The sandbox over real HTTP, held to X's own API description."""

import copy
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import jsonschema
import pytest

from orchestration.sandbox import x as sandbox_x
from orchestration.sandbox.ministry import NEVER, Ministry
from orchestration.sandbox.server import Fault, FaultKind, Limit, Sandbox

SEED = 7
NIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)
HEADQUARTERS, COLOMBO = "960018171123676211", "750000085578041574"
USER_FIELDS = "created_at,description,location,protected,public_metrics,url,verified,verified_type,entities"
POST_FIELDS = (
    "conversation_id,created_at,display_text_range,edit_controls,entities,lang,note_post,possibly_sensitive,"
    "public_metrics,reply_settings,text"
)
EXPANSIONS = "author_id,in_reply_to_user_id,referenced_posts"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(SEED) as running:
        yield running


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(scope="module")
def x(sandbox):
    """A client of the sandbox on the night."""
    with client(sandbox) as connected:
        yield connected


def client(sandbox: Sandbox, as_of: datetime = NIGHT) -> httpx.Client:
    authorised = {"Authorization": f"Bearer {sandbox.token}"}
    return httpx.Client(base_url=sandbox.base_url("x", as_of=as_of), headers=authorised)


@pytest.fixture(scope="module")
def description(specs: Path) -> dict:
    return json.loads((specs / "x" / "openapi.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validate(description):
    """Hold a body to a schema of X's description. A field that the description does not know is a fault too."""
    schemas = copy.deepcopy(description["components"]["schemas"])
    for schema in schemas.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    # X writes more about an error than its description tells.
    for name, schema in schemas.items():
        if name.endswith("Problem"):
            schema.pop("additionalProperties", None)
    # Each problem names its own type, which is what tells them apart.
    problems = schemas["Problem"]["discriminator"]["mapping"]

    def check(body: dict, name: str) -> None:
        document = {"components": {"schemas": schemas}, "$ref": f"#/components/schemas/{name}"}
        without_errors = {part: value for part, value in body.items() if part != "errors"}
        jsonschema.Draft4Validator(document).validate(without_errors)
        for problem in body.get("errors", []):
            document["$ref"] = problems[problem["type"]]
            jsonschema.Draft4Validator(document).validate(problem)

    return check


def pages(x: httpx.Client, user_id: str, **params) -> list[dict]:
    """Every page of a timeline, from the newest."""
    answers, token = [], {}
    while True:
        answer = x.get(f"2/users/{user_id}/tweets", params=params | token)
        assert answer.status_code == 200, answer.text
        answers.append(answer.json())
        if "next_token" not in answers[-1].get("meta", {}):
            return answers
        token = {"pagination_token": answers[-1]["meta"]["next_token"]}


@pytest.mark.parametrize(
    ("path", "params", "schema"),
    [
        ("2/users", {"ids": f"{HEADQUARTERS},{COLOMBO},1"}, "GetUsersByIdsResponse"),
        ("2/users/by", {"usernames": "SynthHQ,SynthColombo,nobody"}, "GetUsersByUsernamesResponse"),
        (f"2/users/{HEADQUARTERS}", {}, "GetUsersByIdResponse"),
        ("2/users/1", {}, "GetUsersByIdResponse"),
        ("2/users/by/username/SynthHQ", {}, "GetUsersByUsernameResponse"),
    ],
)
def test_users_are_told_as_x_describes_them(x, validate, path, params, schema):
    answer = x.get(path, params={"user.fields": USER_FIELDS, "expansions": "pinned_post_id"} | params)
    assert answer.status_code == 200
    validate(answer.json(), schema)


def test_timelines_and_posts_are_told_as_x_describes_them(x, validate):
    asked = {"post.fields": POST_FIELDS, "expansions": EXPANSIONS, "user.fields": USER_FIELDS}
    for page in pages(x, HEADQUARTERS, max_results=50, start_time="2026-01-01T00:00:00Z", **asked):
        validate(page, "GetUsersPostsResponse")
        ids = ",".join(post["id"] for post in page["data"])
        same = x.get("2/tweets", params={"ids": ids, **asked}).json()
        validate(same, "GetPostsByIdsResponse")
        assert same["data"] == page["data"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/2/users/{id}/tweets", sandbox_x.TIMELINE_PARAMETERS),
        ("/2/users/{id}", sandbox_x.USER_PARAMETERS),
        ("/2/users", sandbox_x.USER_PARAMETERS | {"ids": None}),
        ("/2/tweets", sandbox_x.POST_PARAMETERS | {"ids": None}),
    ],
)
def test_the_sandbox_takes_the_parameters_and_fields_that_x_describes(description, path, parameters):
    shared = description["components"]["parameters"]
    told = description["paths"][path]["get"]["parameters"]
    resolved = [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in told]
    described = {
        parameter["name"]: set(parameter["schema"].get("items", {}).get("enum", ()))
        for parameter in resolved
        if parameter["in"] == "query"
    }
    assert described.keys() == parameters.keys()
    for name, parameter in parameters.items():
        assert parameter is None or parameter.allowed == described[name], name


def test_every_route_of_the_sandbox_is_one_of_x(description, ministry):
    assert set(sandbox_x.X(ministry).routes) <= set(description["paths"])


def test_only_the_fields_asked_for_are_told(x):
    [page] = pages(x, HEADQUARTERS, max_results=5, start_time="2026-03-02T00:00:00Z")
    assert {field for post in page["data"] for field in post} == {"id", "text", "edit_history_post_ids"}


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer", "Basic {token}", "bearer {token}x"])
def test_a_request_without_the_bearer_token_is_refused(sandbox, authorization):
    headers = {"Authorization": authorization.format(token=sandbox.token)} if authorization else {}
    answer = httpx.get(f"{sandbox.base_url('x', as_of=NIGHT)}/2/users/{HEADQUARTERS}", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["title"] == "Unauthorized"
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"tweet.fields": "text"}, "`tweet.fields` query parameter is not one of"),
        ({"max_results": "4"}, "[4] is not between 5 and 100"),
        ({"max_results": "101"}, "[101] is not between 5 and 100"),
        ({"max_results": "many"}, "[many] does not match"),
        ({"post.fields": "text,likes"}, "[likes] is not one of"),
        ({"expansions": "everything"}, "[everything] is not one of"),
        ({"start_time": "2026-03-01"}, "is not a valid RFC3339 date-time"),
        ({"start_time": "2026-03-02T00:00:00Z", "end_time": "2026-03-01T00:00:00Z"}, "must be before `end_time`"),
        ({"pagination_token": "made-up"}, "[made-up] is not valid"),
    ],
)
def test_a_parameter_that_x_does_not_take_is_refused_by_name(x, params, complaint):
    answer = x.get(f"2/users/{HEADQUARTERS}/tweets", params=params)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert complaint in answer.json()["errors"][0]["message"]
    assert answer.json()["type"] == "https://api.x.com/2/problems/invalid-request"


def test_more_than_100_users_at_once_are_refused(x):
    answer = x.get("2/users", params={"ids": ",".join(map(str, range(1, 102)))})
    assert (answer.status_code, answer.json()["title"]) == (400, "Invalid Request")


def test_an_address_that_x_does_not_have_is_not_found(x):
    assert x.get("2/likes").status_code == 404


@pytest.mark.parametrize("size", [5, 17, 100])
def test_paging_gives_every_post_once_newest_first(x, ministry, size):
    start = NIGHT - timedelta(days=60)
    answers = pages(x, HEADQUARTERS, max_results=size, start_time="2026-01-02T01:00:00Z")
    given = [post["id"] for page in answers for post in page["data"]]
    assert given == [post.id for post in ministry.timeline(ministry.account(HEADQUARTERS), NIGHT, start)]
    assert len(set(given)) == len(given) > 60
    assert all(page["meta"]["result_count"] == len(page["data"]) <= size for page in answers)
    assert all(page["meta"]["newest_id"] == page["data"][0]["id"] for page in answers)


def test_a_days_posts_are_those_between_its_two_midnights(x):
    bounds = {"start_time": "2026-02-24T00:00:00Z", "end_time": "2026-02-25T00:00:00Z"}
    found = [
        post["created_at"]
        for account in (HEADQUARTERS, COLOMBO)
        for page in pages(x, account, max_results=100, **{"post.fields": "created_at"}, **bounds)
        for post in page.get("data", [])
    ]
    assert found
    assert {moment[:10] for moment in found} == {"2026-02-24"}


def test_a_timeline_without_posts_says_so(x):
    [page] = pages(x, HEADQUARTERS, start_time="2023-01-01T00:00:00Z", end_time="2023-02-01T00:00:00Z")
    assert page == {"meta": {"result_count": 0}}


def test_replies_and_reposts_can_be_left_out(x):
    asked = {"start_time": "2026-01-01T00:00:00Z", "max_results": 100, "expansions": "referenced_posts"}

    def kinds(**more) -> set[str]:
        found = [post for page in pages(x, COLOMBO, **asked, **more) for post in page["data"]]
        return {post.get("referenced_posts", [{"type": "original"}])[0]["type"] for post in found}

    assert kinds() == {"original", "replied_to", "quoted", "retweeted"}
    assert kinds(exclude="replies,retweets") == {"original", "quoted"}


def test_a_deleted_post_is_there_before_its_deletion_and_gone_after(sandbox, ministry):
    account = ministry.account(HEADQUARTERS)
    days = (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    deleted = next(post for day in days for post in ministry.posts(account, day) if post.deleted_at < NEVER)
    moments = deleted.deleted_at - timedelta(seconds=1), deleted.deleted_at
    bodies = []
    for moment in moments:
        with client(sandbox, as_of=moment) as x:
            bodies.append(x.get("2/tweets", params={"ids": deleted.id}).json())
    assert bodies[0]["data"][0]["id"] == deleted.id
    assert "data" not in bodies[1]
    assert bodies[1]["errors"][0]["title"] == "Not Found Error"


def test_the_server_clock_and_the_resets_are_those_of_the_night(x):
    answer = x.get(f"2/users/{HEADQUARTERS}")
    assert answer.headers["date"] == "Tue, 03 Mar 2026 01:00:00 GMT"
    assert 0 < int(answer.headers["x-rate-limit-reset"]) - NIGHT.timestamp() <= 900


def test_requests_above_the_limit_get_429_and_a_reset(monkeypatch):
    monkeypatch.setattr(sandbox_x.X, "limit", Limit(2, 900, is_per_route=True))
    with Sandbox(SEED, hurry=1) as limited, client(limited) as x:
        answers = [x.get(f"2/users/{HEADQUARTERS}") for _ in range(3)]
        other_route = x.get("2/users", params={"ids": HEADQUARTERS})
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert int(answers[2].headers["x-rate-limit-reset"]) > NIGHT.timestamp()
    assert other_route.status_code == 200


def test_a_fault_strikes_where_and_as_often_as_it_was_told():
    fault = Fault(FaultKind.UNAVAILABLE, where=COLOMBO, after=1, times=2)
    with Sandbox(SEED, faults=[fault]) as faulty, client(faulty) as x:
        struck = [x.get(f"2/users/{COLOMBO}").status_code for _ in range(4)]
        spared = x.get(f"2/users/{HEADQUARTERS}").status_code
    assert struck == [200, 503, 503, 200]
    assert spared == 200


def test_everybody_says_of_themselves_that_they_are_synthetic(x, ministry):
    ids = [account.native_id for account in ministry.accounts_on("x")]
    users = x.get("2/users", params={"ids": ",".join(ids), "user.fields": "description"}).json()["data"]
    assert len(users) == 90
    assert all("(synthetic)" in user["name"] and "synthetic" in user["description"] for user in users)
