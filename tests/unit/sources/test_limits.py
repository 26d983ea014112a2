"""Rate limits: what headers tell, and who may pass when."""

import json
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from orchestration.sources.limits import Allowance, DailyQuota, Gate, LimitReached, MetaUsage, told_by_headers

NOW = "Tue, 03 Mar 2026 01:00:00 GMT"
UNIX_NOW = int(datetime(2026, 3, 3, 1, tzinfo=UTC).timestamp())


def answer(status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={"Date": NOW} | {k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (answer(429, retry_after="7"), Allowance(0, 7, is_refusal=True)),
        (answer(429, retry_after="Tue, 03 Mar 2026 01:00:09 GMT"), Allowance(0, 9, is_refusal=True)),
        (answer(429, retry_after="Tue, 03 Mar 2026 00:00:00 GMT"), Allowance(0, 0, is_refusal=True)),
        (answer(429, retry_after="soon", x_rate_limit_reset=str(UNIX_NOW + 20)), Allowance(0, 20.5, is_refusal=True)),
        (answer(429, x_rate_limit_reset=str(UNIX_NOW - 20)), Allowance(0, 0.5, is_refusal=True)),
        # X, Bluesky, Mastodon, and the IETF's draft, whose reset counts seconds.
        (answer(x_rate_limit_remaining="3", x_rate_limit_reset=str(UNIX_NOW + 60)), Allowance(3, 60.5)),
        (answer(ratelimit_remaining="0", ratelimit_reset=str(UNIX_NOW + 60)), Allowance(0, 60.5)),
        (answer(x_ratelimit_remaining="299", x_ratelimit_reset="2026-03-03T01:05:00.000000Z"), Allowance(299, 300.5)),
        (answer(ratelimit_remaining="9", ratelimit_reset="30"), Allowance(9, 30)),
        (answer(429), None),
        (answer(x_rate_limit_remaining="many", x_rate_limit_reset=str(UNIX_NOW)), None),
        (answer(x_rate_limit_remaining="3", x_rate_limit_reset="later"), None),
        (answer(x_rate_limit_remaining="3", x_rate_limit_reset="9" * 30), None),
        (answer(x_ratelimit_remaining="3", x_ratelimit_reset="2026-03-03T01:05:00"), None),
    ],
)
def test_a_limit_is_read_in_the_words_of_each_platform(response, expected):
    assert told_by_headers(response) == expected


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def used(percent: int, header: str = "x-app-usage", **more: int) -> httpx.Response:
    usage = {"call_count": percent, "total_time": 1, "total_cputime": 1} | more
    told = {"123": [usage]} if header == "x-business-use-case-usage" else usage
    return httpx.Response(200, headers={header: json.dumps(told)})


def test_metas_share_of_an_hour_becomes_a_number_of_requests():
    clock = Clock()
    usage = MetaUsage(clock=clock)
    for _ in range(19):
        usage(used(5))
    # Twenty requests used at least 10 and less than 11 per cent: the limit is at least 181, and 161 are left.
    assert usage(used(10)) == Allowance(161, 3600)
    clock.now += 600
    assert usage(used(99)).remaining == 0
    assert usage(used(99)).resets_in == 3000


def test_a_share_of_nothing_is_less_than_one_per_cent_so_threads_need_not_take_turns():
    assert MetaUsage(clock=Clock())(used(0, total_time=0, total_cputime=0)).remaining == 99


def test_metas_other_headers_and_its_time_to_regain_access_count_too():
    assert MetaUsage()(used(100, "x-business-use-case-usage", estimated_time_to_regain_access=7)) == Allowance(
        0, 420, is_refusal=True
    )
    assert MetaUsage()(used(3, total_cputime=99)).remaining == 0
    assert MetaUsage()(httpx.Response(200)) is None
    assert MetaUsage()(httpx.Response(200, headers={"x-app-usage": "[broken"})) is None


def test_a_gate_lets_no_more_pass_than_are_left_and_all_pass_after_the_reset():
    """Sixty requests of eight threads against a limit of 20 in 1 s, counted where they arrive."""
    gate, lock = Gate(), threading.Lock()
    began, used, refused = time.monotonic(), 0, 0

    def ask() -> None:
        nonlocal began, used, refused
        gate.enter(patience=10)
        with lock:
            now = time.monotonic()
            if now - began >= 1:
                began, used = now, 0
            used += 1
            refused += used > 20
            told = Allowance(max(20 - used, 0), began + 1 - now)
        time.sleep(0.002)
        gate.leave(told, is_answered=True)

    def work() -> None:
        for _ in range(8):
            ask()

    threads = [threading.Thread(target=work) for _ in range(8)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == 0
    # 64 requests need four windows: three resets, and hardly more.
    assert 3 <= time.monotonic() - started < 4


def test_a_gate_without_a_limit_is_open_once_the_first_answer_told_none():
    gate = Gate()
    gate.enter(patience=1)
    gate.leave(None, is_answered=True)
    for _ in range(100):
        gate.enter(patience=1)


def test_answers_that_overtake_each_other_do_not_let_one_too_many_pass():
    clock = Clock()
    gate = Gate(clock)
    gate.enter(1)
    gate.leave(Allowance(3, 60), is_answered=True)
    for _ in range(3):
        gate.enter(1)
    gate.leave(Allowance(1, 60), is_answered=True)  # the second's, and the first's comes after it
    gate.leave(Allowance(2, 60.9), is_answered=True)
    gate.leave(Allowance(0, 60), is_answered=True)
    with pytest.raises(LimitReached, match="resets only in 60 s"):
        gate.enter(patience=59)
    clock.now += 61
    gate.enter(patience=0)


def test_after_a_refusal_nobody_passes_before_the_reset_whatever_other_answers_tell():
    clock = Clock()
    gate = Gate(clock)
    gate.enter(1)
    gate.leave(Allowance(100, 900), is_answered=True)
    gate.enter(1)
    gate.enter(1)
    gate.leave(Allowance(0, 60, is_refusal=True), is_answered=True)
    gate.leave(Allowance(99, 900), is_answered=True)
    with pytest.raises(LimitReached):
        gate.enter(patience=59)
    clock.now += 60
    gate.enter(patience=0)


def answered(at: str) -> httpx.Response:
    return httpx.Response(200, headers={"Date": format_datetime(datetime.fromisoformat(at))})


def test_a_daily_quota_is_counted_until_midnight_of_its_zone_and_then_anew():
    clock = Clock()
    quota = DailyQuota(3, ZoneInfo("America/Los_Angeles"), clock)
    # 17:00 in California in winter: seven hours until midnight.
    assert quota(answered("2026-03-03T01:00:00+00:00")) == Allowance(2, 7 * 3600)
    clock.now += 3600
    assert quota(answered("2026-03-03T02:00:00+00:00")) == Allowance(1, 6 * 3600)
    assert quota(answered("2026-03-03T02:00:00+00:00")) == Allowance(0, 6 * 3600)
    assert quota(answered("2026-03-03T02:00:00+00:00")).remaining == 0
    clock.now += 6 * 3600
    assert quota(answered("2026-03-03T08:00:00+00:00")) == Allowance(2, 24 * 3600)
    assert quota.used == 5


def test_a_day_of_a_daily_quota_is_an_hour_shorter_when_clocks_go_forward():
    quota = DailyQuota(3, ZoneInfo("America/Los_Angeles"), Clock())
    # Midnight of 8 March 2026 in California; clocks went forward two hours later.
    assert quota(answered("2026-03-08T08:00:00+00:00")).resets_in == 23 * 3600
