"""The sandbox's Graph API refuses what Meta refuses, in Meta's words. Asked by a plain HTTP client."""

from datetime import UTC, datetime

import httpx
import pytest

from orchestration.sandbox.meta import BadFields, parsed
from orchestration.sandbox.server import Sandbox
from tests.platforms import SEED

NIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)
PAGE, USER = "147469459576753", "17841004928855486"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(SEED) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def ask(sandbox):
    def ask(platform: str, path: str, token: str = sandbox.token, **params) -> httpx.Response:
        address = f"{sandbox.base_url(platform, NIGHT)}/{path}"
        return httpx.get(address, params=params, headers={"Authorization": f"Bearer {token}"})

    return ask


@pytest.fixture(scope="module")
def page_token(ask) -> str:
    accounts = ask("facebook", "v25.0/me/accounts", fields="id,access_token").json()["data"]
    return next(account["access_token"] for account in accounts if account["id"] == PAGE)


def test_field_expansion_is_parsed_with_what_is_nested_in_it():
    first, second = parsed("id,reactions.type(LIKE).limit(0).as(likes){id,insights.metric(a,b){name,values}}")
    assert (first.name, first.alias, first.fields) == ("id", "id", ())
    assert (second.name, second.alias) == ("reactions", "likes")
    assert second.modifiers == {"type": "LIKE", "limit": "0", "as": "likes"}
    _, nested = second.fields
    assert nested.words == ["a", "b"]
    assert [field.name for field in nested.fields] == ["name", "values"]


@pytest.mark.parametrize("fields", ["", "id,", "id{", "id}", "id{name", "id.limit(1", "id name", "{id}"])
def test_fields_that_do_not_parse_are_refused(fields):
    with pytest.raises(BadFields):
        parsed(fields)


FACEBOOK = [
    (f"v25.0/{PAGE}", {"fields": "id,nonsense"}, 100, "nonexisting field (nonsense) on node type (Page)"),
    (f"v25.0/{PAGE}", {"fields": "id{"}, 2500, "Syntax error"),
    ("v25.0/999", {"fields": "id"}, 100, "does not exist"),
    (f"v99.0/{PAGE}", {"fields": "id"}, 2500, "Unknown path components"),
    (f"v25.0/{PAGE}/published_posts", {"limit": 101}, 100, "limit"),
    (f"v25.0/{PAGE}/published_posts", {"after": "nonsense"}, 100, "cursor"),
    (f"v25.0/{PAGE}/published_posts", {"surprise": 1}, 100, "surprise"),
    (
        f"v25.0/{PAGE}/published_posts",
        {"fields": "id,insights.metric(post_clicks,post_impressions)"},
        100,
        "(#100) The value must be a valid insights metric",
    ),
    (f"v25.0/{PAGE}/insights", {"period": "day", "since": 1764547200, "until": 1772496000}, 3001, "No metric"),
    (f"v25.0/{PAGE}/insights", {"period": "day", "since": 1700000000, "until": 1772496000}, 100, "93 days"),
]


@pytest.mark.parametrize(("path", "params", "code", "message"), FACEBOOK)
def test_facebook_refuses_what_it_does_not_know(ask, page_token, path, params, code, message):
    response = ask("facebook", path, page_token, **params)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == code
    assert message in error["message"]
    assert error.get("error_subcode") == {"does not exist": 33, "No metric": 1504028}.get(message)


INSTAGRAM = [
    (f"v25.0/{USER}/media", {"limit": 500}, 100, "limit"),
    (f"v25.0/{USER}", {"fields": "id,email"}, 100, "nonexisting field (email)"),
    ("v25.0/", {"ids": ",".join(map(str, range(51)))}, 100, "Too many IDs"),
    ("v25.0/", {"ids": "17841499999999999"}, 803, "do not exist"),
]


@pytest.mark.parametrize(("path", "params", "code", "message"), INSTAGRAM)
def test_instagram_refuses_what_it_does_not_know(ask, path, params, code, message):
    error = ask("instagram", path, **params).json()["error"]
    assert error["code"] == code
    assert message in error["message"]


def test_a_metric_of_another_kind_of_media_fails_the_request(ask):
    media = ask("instagram", f"v25.0/{USER}/media", fields="id,media_product_type", limit=100).json()["data"]
    photo = next(medium["id"] for medium in media if medium["media_product_type"] == "FEED")
    refused = ask("instagram", "v25.0/", ids=photo, fields="insights.metric(views,ig_reels_avg_watch_time)")
    error = refused.json()["error"]
    assert error["code"] == 100
    assert "does not support the ig_reels_avg_watch_time metric for this media product type" in error["message"]


def test_a_pages_posts_are_given_to_its_own_token_only(ask, sandbox):
    for platform, path in (("facebook", f"v25.0/{PAGE}"), ("instagram", f"v25.0/{USER}")):
        refused = ask(platform, path, "wrong")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, 190)
    error = ask("facebook", f"v25.0/{PAGE}/published_posts").json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, 2069032)


def test_lists_come_with_addresses_that_carry_the_token_and_say_how_much_is_used(ask, page_token):
    response = ask(
        "facebook", f"v25.0/{PAGE}/published_posts", page_token, fields="id,comments.limit(0).summary(true)", limit=2
    )
    told = response.json()
    assert f"access_token={page_token}" in told["paging"]["next"]
    assert f"access_token={page_token}" in told["data"][0]["comments"]["paging"]["next"]
    assert response.headers["x-app-usage"] == '{"call_count":0,"total_cputime":0,"total_time":0}'
