import statistics
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from orchestration.sandbox import phrases
from orchestration.sandbox.ministry import NEVER, Kind, Ministry, Post, snowflake_time

NIGHT = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in range(8 * 7)]
"""Eight whole weeks from a Monday on."""

ONLY_URDU, ONLY_ARABIC = set("ٹڈڑںےگچپہیک"), set("ةىيكإأ")
"""Letters that one of the two languages has and the other writes differently or not at all."""


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(seed=2021)


@pytest.fixture(scope="module")
def posts(ministry) -> list[Post]:
    """Everything posted in ``DAYS``, later deleted or not."""
    return [post for account in ministry.accounts_on("x") for day in DAYS for post in ministry.posts(account, day)]


def told(ministry: Ministry, moment: datetime, accounts=slice(4)) -> dict[str, tuple]:
    """What the first accounts' timelines say of each post at a moment."""
    return {
        post.id: (post.text, post.created_at, post.counts_at(moment))
        for account in ministry.accounts_on("x")[accounts]
        for post in ministry.timeline(account, moment, moment - timedelta(days=28))
    }


def is_arabic_script(letter: str) -> bool:
    return "\u0600" <= letter <= "\u06ff"


def test_ninety_missions_hold_one_account_each(ministry):
    assert len(ministry.missions) == 90
    assert sorted(account.mission.mission_id for account in ministry.accounts_on("x")) == sorted(ministry.missions)


def test_the_seed_alone_decides_what_was_posted():
    assert told(Ministry(seed=5), NIGHT) == told(Ministry(seed=5), NIGHT)
    assert not told(Ministry(seed=5), NIGHT).keys() & told(Ministry(seed=6), NIGHT).keys()


def test_states_of_different_moments_agree_in_whatever_order_they_are_asked_for():
    later = NIGHT + timedelta(days=3)
    forwards, backwards = Ministry(seed=5), Ministry(seed=5)
    first, second = told(forwards, NIGHT), told(forwards, later)
    assert told(backwards, later) == second
    assert told(backwards, NIGHT) == first
    in_both = first.keys() & second.keys()
    assert len(in_both) > 100
    assert all(first[post_id][:2] == second[post_id][:2] for post_id in in_both)


def test_an_account_posts_one_and_a_half_times_a_day_on_average(posts):
    assert len(posts) / (90 * len(DAYS)) == pytest.approx(1.5, abs=0.1)


def test_an_id_is_its_own_exceeds_what_a_float_can_hold_and_tells_the_moment_of_posting(posts):
    assert len({post.id for post in posts}) == len(posts)
    for post in posts:
        assert int(post.id) > 2**53
        assert snowflake_time(post.id).replace(microsecond=0) == post.created_at


def test_a_mission_posts_about_a_third_as_much_on_a_day_of_its_own_weekend(posts):
    weekend, working = 0, 0
    for post in posts:
        day_off = post.created_at.astimezone(post.author.zone).weekday() in post.author.mission.weekend
        weekend, working = weekend + day_off, working + (not day_off)
    assert (weekend / 2) / (working / 5) == pytest.approx(0.35, abs=0.05)


def test_friday_is_quiet_in_riyadh_and_sunday_in_paris(ministry):
    weekends = {
        mission.city: mission.weekend for mission in ministry.missions.values() if mission.city in ("Riyadh", "Paris")
    }
    assert weekends == {"Riyadh": {4, 5}, "Paris": {5, 6}}


def test_missions_post_by_day_in_their_own_time_zone(posts):
    hours = {post.created_at.astimezone(post.author.zone).hour for post in posts}
    assert hours == set(range(7, 23))


def test_a_hundredth_of_the_posts_gathers_a_quarter_of_the_likes(posts):
    likes = sorted((post.growth.final.likes for post in posts if post.kind is not Kind.RETWEET), reverse=True)
    assert sum(likes[: len(likes) // 100]) > sum(likes) / 4
    assert statistics.median(likes) < statistics.mean(likes) / 3


def test_counts_grow_and_of_a_few_posts_likes_are_taken_back_once(posts):
    falls = []
    for post in posts:
        if post.kind is Kind.RETWEET or post.growth.final.likes < 200:
            continue
        series = [post.growth.at(timedelta(days=day)) for day in range(40)]
        falls.append(sum(later.likes < earlier.likes for earlier, later in pairwise(series)))
        assert all(e.impressions <= n.impressions for e, n in pairwise(series))
        assert series[0].likes == 0
    assert len(falls) > 300
    assert set(falls) == {0, 1}
    assert sum(falls) / len(falls) == pytest.approx(0.08, abs=0.04)


def test_a_deleted_post_is_there_until_its_deletion_and_not_from_then_on(ministry, posts):
    deleted = [post for post in posts if post.deleted_at is not NEVER]
    assert len(deleted) / len(posts) == pytest.approx(0.02, abs=0.01)
    for post in deleted[:20]:
        before, around = post.deleted_at - timedelta(seconds=1), post.created_at
        assert post in ministry.timeline(post.author, before, around, around + timedelta(seconds=1))
        assert post not in ministry.timeline(post.author, post.deleted_at, around, around + timedelta(seconds=1))
        assert ministry.post(post.id, before) == post
        assert ministry.post(post.id, post.deleted_at) is None


def test_a_repost_goes_when_its_original_goes(posts):
    reposts = [post for post in posts if post.kind is Kind.RETWEET]
    assert reposts
    assert all(post.deleted_at <= post.target.deleted_at for post in reposts)


def test_a_timeline_is_newest_first_and_keeps_to_its_window(ministry):
    start, end = NIGHT - timedelta(days=10), NIGHT - timedelta(days=3)
    moments = [post.created_at for post in ministry.timeline(ministry.accounts[0], NIGHT, start, end)]
    assert moments == sorted(moments, reverse=True)
    assert start <= moments[-1]
    assert moments[0] < end


def test_each_post_is_written_in_the_script_of_its_language(posts):
    by_language = {lang: [post.text for post in posts if post.lang == lang] for lang in phrases.LANGUAGES}
    assert all(len(texts) > 300 for texts in by_language.values())
    assert not any(is_arabic_script(letter) for text in by_language["en"] for letter in text)
    for text in by_language["ur"]:
        assert set(text) & ONLY_URDU
        assert not set(text) & ONLY_ARABIC
    for text in by_language["ar"]:
        assert set(text) & ONLY_ARABIC
        assert not set(text) & ONLY_URDU


def test_every_post_and_account_says_that_it_is_synthetic(ministry, posts):
    assert all(phrases.TAGS[post.lang] in post.text for post in posts)
    assert all("(synthetic)" in account.display_name for account in ministry.accounts)


def test_texts_are_escaped_as_x_sends_them_and_a_few_are_longer_than_280_characters(posts):
    texts = [post.text for post in posts]
    assert any("&amp;" in text for text in texts)
    assert any("&lt;" in text for text in texts)
    assert not any("<" in text or ">" in text or "& " in text for text in texts)
    assert 0 < sum(len(text) > 280 for text in texts) < len(texts) / 20


def test_an_account_counts_every_post_it_made_the_deleted_ones_too(ministry):
    account, later = ministry.accounts[0], NIGHT + timedelta(days=7)
    made = [
        post
        for day in range(-1, 9)
        for post in ministry.posts(account, NIGHT.date() + timedelta(days=day))
        if NIGHT < post.created_at <= later
    ]
    before, after = ministry.account_state(account, NIGHT), ministry.account_state(account, later)
    assert after.posts - before.posts == len(made)
    assert before.followers > 0
