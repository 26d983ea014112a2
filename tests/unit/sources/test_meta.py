"""What Facebook and Instagram share: which refusal means what, and what is taken out of an answer."""

import httpx
import pytest

from orchestration.sources.http import Refusal
from orchestration.sources.limits import MetaUsage
from orchestration.sources.meta import _dialect, by_name, is_gone, is_invalid_metric, without_addresses


def refused(code: int, status: int = 400, usage: int | None = None, **more) -> httpx.Response:
    headers = {} if usage is None else {"x-app-usage": f'{{"call_count":{usage}}}'}
    return httpx.Response(status, json={"error": {"code": code, "message": "no", **more}}, headers=headers)


@pytest.mark.parametrize(
    ("response", "is_limited", "is_token_refused"),
    [
        (refused(4), True, False),
        (refused(32, 403), True, False),
        (refused(613), True, False),
        (refused(80001), True, False),
        # Meta's own faults pass, whatever the status.
        (refused(1), True, False),
        (refused(2, 503), True, False),
        (refused(190), False, True),
        (refused(190, 401), False, True),
        (refused(10), False, False),
        (refused(200, 403), False, False),
        (refused(100), False, False),
        (httpx.Response(401, text="a gateway's own words"), False, False),
        (httpx.Response(400, json=[]), False, False),
        (httpx.Response(200, json={"error": {"code": 4}}), False, False),
    ],
)
def test_metas_codes_say_what_its_status_does_not(response, is_limited, is_token_refused):
    dialect = _dialect(MetaUsage())
    assert dialect.is_limited(response) is is_limited
    assert dialect.is_token_refused(response) is is_token_refused


def test_a_limit_that_the_headers_do_not_tell_of_is_waited_for_by_backing_off():
    allowance = _dialect(MetaUsage()).allowance
    assert allowance(refused(4, usage=3)) is None
    assert allowance(refused(2, 500, usage=3)) is None
    used_up = allowance(refused(4, usage=100))
    assert (used_up.remaining, round(used_up.resets_in)) == (0, 3600)
    assert allowance(refused(100, usage=3)).remaining > 0


def test_addresses_are_taken_out_wherever_they_lie_and_nothing_else_is():
    paging = {"cursors": {"after": "x"}, "next": "https://a/?access_token=SECRET", "previous": "https://a/?SECRET"}
    answer = {
        "data": [{"comments": {"data": [], "paging": paging}, "next": {"next": "SECRET", "kept": 1}, "previous": None}],
        "paging": paging,
    }
    cleaned = without_addresses(answer)
    assert "SECRET" not in str(cleaned)
    comments = {"data": [], "paging": {"cursors": {"after": "x"}}}
    assert cleaned == {
        "data": [{"comments": comments, "next": {"kept": 1}, "previous": None}],
        "paging": {"cursors": {"after": "x"}},
    }


def test_an_insight_without_a_value_is_unknown_and_a_value_of_0_is_known():
    assert by_name({"data": [{"name": "a", "values": [{"value": 0}]}, {"name": "b", "values": []}]}) == {"a": 0}
    assert by_name({"data": []}) == by_name(None) == {}


@pytest.mark.parametrize(
    ("code", "subcode", "message", "is_metric", "is_lost"),
    [
        (100, None, "(#100) The value must be a valid insights metric", True, False),
        (100, None, "(#100) The Media Insights API does not support the views metric for this media", True, False),
        (100, 33, "Unsupported get request on a metric that does not exist", False, True),
        (100, None, "(#100) Param limit must be less", False, False),
        (10, None, "(#10) not enough viewers for a metric", False, False),
    ],
)
def test_only_a_refusal_of_a_name_is_blamed_on_a_name(code, subcode, message, is_metric, is_lost):
    refusal = Refusal(message, 400, {"error": {"code": code, "error_subcode": subcode}})
    assert (is_invalid_metric(refusal), is_gone(refusal)) == (is_metric, is_lost)
