"""Simulated ministry-months with planted events, for the tests and the benchmark of alerts.

A ministry has 90 missions in eight regions and 250 accounts on seven platforms, as the synthetic register does. It is
known for 42 days before the month of 28 days in which events are planted. What is usual: weekends by the mission's
country, holidays of a region, busy and quiet days, growth and decline, posts of very unequal success, counts beyond
Poisson, platforms that treat all their accounts better or worse for a day, purges of followers, nights that read no
platform or not an account, messages of headquarters that missions repeat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

MISSIONS, ACCOUNTS, REGIONS = 90, 250, 8
HISTORY, MONTH = 42, 28
DAYS = HISTORY + MONTH
FIRST_DAY = date(2026, 1, 5)
PACE = {"x": 2.0, "facebook": 1.1, "instagram": 0.7, "linkedin": 0.5, "youtube": 0.2, "bluesky": 0.8, "mastodon": 0.5}
SHARES = {
    "x": 0.32,
    "facebook": 0.26,
    "instagram": 0.18,
    "linkedin": 0.08,
    "youtube": 0.08,
    "bluesky": 0.04,
    "mastodon": 0.04,
}
KINDS = (
    "engagement_high",
    "engagement_low",
    "post_spreading",
    "silence",
    "follower_loss",
    "reply_share_high",
    "near_identical_wave",
)
EVENTS = 3
"""Planted in each month, of the kinds in turn."""
AFTERMATH_DAYS = 3
AGES = 14
"""Days that a post gains; what comes later is too little."""


@dataclass(frozen=True)
class Event:
    """``subject``: the account, post or first post of a wave. The days are those on which it can be seen."""

    kind: str
    account: str
    subject: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Month:
    """The frames that the detectors read, and what was planted."""

    days: pl.DataFrame
    posts: pl.DataFrame
    copies: pl.DataFrame
    events: tuple[Event, ...]
    first_day: date


def months(seeds: range) -> Iterator[Month]:
    return (month(seed) for seed in seeds)


def month(seed: int, accounts: int = ACCOUNTS) -> Month:
    """Seeds next to one another plant other kinds, so that many months hold all kinds equally often."""
    chance = np.random.default_rng(seed)
    missions = max(accounts * MISSIONS // ACCOUNTS, 3)
    names = np.array([f"a{number:03}" for number in range(accounts)])
    mission = chance.integers(0, missions, accounts)
    region_of = chance.integers(0, REGIONS, missions)
    platform = chance.choice(list(SHARES), accounts, p=list(SHARES.values()))
    pace = np.array([PACE[name] for name in platform]) * chance.lognormal(-0.15, 0.55, accounts)
    followers = chance.lognormal(np.log(6000), 1.1, accounts)
    followers[mission == 0] *= 20

    day = np.arange(DAYS)
    activity = _activity(chance, mission, region_of, missions)
    rate = followers * chance.lognormal(np.log(0.004), 0.5, accounts)
    planted = _plan(chance, seed, pace, followers, rate)

    count = chance.poisson(pace[:, None] * activity)
    for event in planted:
        if event.kind == "silence":
            count[event.account, event.first : event.last + 1] = 0
        if event.kind == "post_spreading":
            count[event.account, event.first] = max(count[event.account, event.first], 1)
    account, posted = (np.repeat(part.ravel(), count.ravel()) for part in np.indices(count.shape))
    posts = len(account)
    is_reply = np.isin(platform, ["x", "bluesky", "mastodon"])[account] & (chance.random(posts) < 0.15)
    spread = chance.uniform(0.5, 0.95, accounts)
    typical = np.where(is_reply, 0.2, 1.0) * rate[account]
    luck = chance.normal(0, spread[account]) + np.where(chance.random(posts) < 0.02, chance.uniform(0.7, 2, posts), 0)
    final = typical * np.exp(luck)

    spreading = {}
    for event in planted:
        if event.kind == "post_spreading":
            own = np.flatnonzero((account == event.account) & (posted == event.first))
            is_reply[own[0]] = False
            final[own[0]] = rate[event.account] * event.factor
            spreading[event] = own[0]

    gains = _gains(chance, account, posted, final, platform)
    share = np.clip(
        chance.beta(8, 8 / chance.uniform(0.04, 0.15, accounts) - 8)[account] * chance.lognormal(0, 0.35, posts), 0, 0.9
    )
    replies = chance.binomial(gains, share[:, None])
    seen = posted[:, None] + np.arange(AGES)
    for event in planted:
        touched = (account == event.account)[:, None] & (seen >= event.first) & (seen <= event.last)
        if event.kind == "engagement_high":
            gains = np.where(touched, np.round(gains * event.factor).astype(int), gains)
            replies = np.where(touched, np.round(replies * event.factor).astype(int), replies)
        if event.kind == "engagement_low":
            gains = np.where(touched, chance.binomial(gains, event.factor), gains)
            replies = np.minimum(replies, gains)
        if event.kind == "reply_share_high":
            more = np.where(touched, np.round(replies * (event.factor - 1)).astype(int), 0)
            replies, gains = replies + more, gains + more

    is_seen = seen < DAYS
    gained, replied = np.zeros((2, accounts, DAYS), dtype=np.int64)
    cells = (np.repeat(account, AGES).reshape(-1, AGES)[is_seen], seen[is_seen])
    np.add.at(gained, cells, gains[is_seen])
    np.add.at(replied, cells, replies[is_seen])

    told = (chance.random((accounts, DAYS)) > 0.005) & (chance.random((len(PACE), DAYS)) > 0.01)[
        [list(PACE).index(name) for name in platform]
    ]
    grown = _followers(chance, followers, platform, planted)
    # What came over a gap is not known by day.
    is_by_day = told & np.column_stack([np.zeros(accounts, bool), told[:, :-1]])

    dates = np.array([FIRST_DAY + timedelta(days=int(n)) for n in day])
    days = (
        pl.DataFrame(
            {
                "account_id": np.repeat(names, DAYS),
                "platform": np.repeat(platform, DAYS),
                "region": np.repeat([f"r{number}" for number in region_of[mission]], DAYS),
                "day": pl.Series(np.tile(day, accounts)),
                "is_told": told.ravel(),
                "posts": count.ravel(),
                "gained": gained.ravel(),
                "replies_gained": replied.ravel(),
                "followers": grown.ravel(),
                "_by_day": is_by_day.ravel(),
            }
        )
        .with_columns(
            _dated("day"),
            *(pl.when("_by_day").then(pl.col(name)).alias(name) for name in ("gained", "replies_gained")),
            followers=pl.when("is_told").then("followers"),
        )
        .drop("_by_day")
    )

    age = np.array([0, 1, 2, 3])
    cumulative = gains.cumsum(axis=1)[:, age]
    of_posts = pl.DataFrame(
        {
            "post_id": np.repeat([f"p{number}" for number in range(posts)], len(age)),
            "account_id": np.repeat(names[account], len(age)),
            "is_reply": np.repeat(is_reply, len(age)),
            "posted_date": np.repeat(posted, len(age)),
            "age_days": np.tile(age, posts),
            "engagements": cumulative.ravel(),
        }
    ).with_columns(day=pl.col("posted_date") + pl.col("age_days"))
    known = told[np.repeat(account, len(age)), np.minimum(np.repeat(posted, len(age)) + np.tile(age, posts), DAYS - 1)]
    of_posts = of_posts.filter(pl.Series(known) & (pl.col("day") < DAYS)).with_columns(
        _dated("day"), _dated("posted_date"), pl.col("age_days").cast(pl.Int64)
    )

    copies, waves = _copies(chance, names[account], mission[account], posted, planted)
    events = tuple(
        Event(
            event.kind,
            "" if event.kind == "near_identical_wave" else names[event.account],
            waves[event]
            if event.kind == "near_identical_wave"
            else f"p{spreading[event]}"
            if event.kind == "post_spreading"
            else names[event.account],
            dates[event.first],
            dates[min(event.last, DAYS - 1)],
        )
        for event in planted
    )
    return Month(days, of_posts, copies, events, dates[HISTORY])


@dataclass(frozen=True)
class _Planned:
    kind: str
    account: int
    first: int
    last: int
    factor: float = 1.0


def _plan(chance, seed: int, pace, followers, rate) -> list[_Planned]:
    """Events on accounts on which a person would miss them: that post often, have followers or draw engagements."""
    planned, taken, daily = [], set(), rate * pace
    for place in range(EVENTS):
        kind = KINDS[(seed * EVENTS + place) % len(KINDS)]
        fit = {
            "engagement_high": (pace > 0.5) & (daily > 20),
            "engagement_low": (pace > 0.8) & (daily > 50),
            "post_spreading": (pace > 0.4) & (rate > 5),
            "silence": pace > 0.8,
            "follower_loss": followers > 2000,
            "reply_share_high": (pace > 0.6) & (daily > 50),
            "near_identical_wave": np.ones(len(pace), bool),
        }[kind]
        choices = np.array([account for account in np.flatnonzero(fit) if account not in taken])
        account = int(chance.choice(choices))
        taken.add(account)
        length = {
            "engagement_high": chance.integers(3, 7),
            "engagement_low": chance.integers(8, 15),
            "post_spreading": 4,
            "silence": int(np.ceil(chance.uniform(14, 22) / min(pace[account], 1.6))),
            "follower_loss": chance.integers(3, 6),
            "reply_share_high": chance.integers(3, 6),
            "near_identical_wave": 3,
        }[kind]
        length = min(int(length), MONTH - 1)
        first = int(chance.integers(HISTORY, DAYS - length + 1))
        factor = {
            "engagement_high": np.exp(chance.uniform(np.log(12), np.log(60))),
            "engagement_low": chance.uniform(0.01, 0.05),
            "post_spreading": np.exp(chance.uniform(np.log(80), np.log(1000))),
            "reply_share_high": np.exp(chance.uniform(np.log(8), np.log(25))),
            "follower_loss": chance.uniform(0.03, 0.15),
            "near_identical_wave": chance.integers(15, 45),
        }.get(kind, 1.0)
        planned.append(_Planned(kind, account, first, first + length - 1, float(factor)))
    return planned


def _activity(chance, mission, region_of, missions: int):
    """How busy each account is on each day, against a full working day."""
    weekday = (FIRST_DAY.weekday() + np.arange(DAYS)) % 7
    friday = chance.random(missions) < 0.25
    free = np.where(friday[:, None], np.isin(weekday, (4, 5)), np.isin(weekday, (5, 6)))
    busy = chance.lognormal(-0.08, 0.4, (missions, DAYS))
    holiday = np.zeros((REGIONS, DAYS), bool)
    for region in range(REGIONS):
        for _ in range(chance.poisson(1.0)):
            first = chance.integers(0, DAYS)
            holiday[region, first : first + chance.integers(1, 5)] = True
    by_mission = np.where(free, 0.3, 1.0) * busy * np.where(holiday[region_of], 0.1, 1.0)
    drift = np.exp(chance.normal(0, 0.006, len(mission))[:, None] * (np.arange(DAYS) - HISTORY))
    return by_mission[mission] * drift


def _gains(chance, account, posted, final, platform):
    """Engagements that each post gains on each of its days: half of them within hours of posting, the rest slowly."""
    posts = len(account)
    hours = chance.uniform(2, 16, posts)[:, None] + 24 * np.arange(AGES)
    half_life = chance.uniform(3, 14, posts)[:, None]
    grown = 1 - 0.9 * 0.5 ** (hours / half_life) - 0.1 * 0.5 ** (hours / (7 * 24))
    mean = final[:, None] * np.diff(grown, axis=1, prepend=0)
    shock = chance.lognormal(0, 0.15, (len(PACE), DAYS + AGES))
    kind = np.array([list(PACE).index(name) for name in platform])[account]
    mean = mean * shock[kind[:, None], posted[:, None] + np.arange(AGES)]
    # A gamma mixture of Poissons: counts vary more than independent people would make them.
    return chance.poisson(mean * chance.gamma(8, 1 / 8, mean.shape))


def _followers(chance, followers, platform, planted):
    growth = np.log1p(chance.uniform(-0.05, 0.3, len(followers))) / 365
    steps = growth[:, None] + chance.standard_t(4, (len(followers), DAYS)) * 0.0006
    purge = (chance.random((len(PACE), DAYS)) < 0.004) * chance.uniform(0.003, 0.015, (len(PACE), DAYS))
    steps -= purge[[list(PACE).index(name) for name in platform]] * chance.uniform(0.5, 1.5, steps.shape)
    for event in planted:
        if event.kind == "follower_loss":
            # Most leave on the first two days.
            steps[event.account, event.first : event.first + 2] += np.log1p(-event.factor) / 2
    return np.round(followers[:, None] * np.exp(np.cumsum(steps, axis=1))).astype(np.int64)


def _copies(chance, names, mission, posted, planted) -> tuple[pl.DataFrame, dict]:
    """Posts of one day or the next that say the same: a mission's own on its platforms, and messages of headquarters
    that other missions repeat."""
    rows, waves = [], {}
    by_day = [np.flatnonzero((posted == day) | (posted == day + 1)) for day in range(DAYS)]

    def wave(day: int, size: int, of=None):
        posts = by_day[day] if of is None else by_day[day][np.isin(by_day[day], of)]
        if len(posts) < 2:
            return None
        chosen = chance.choice(posts, min(size, len(posts)), replace=False)
        chosen = chosen[np.argsort(posted[chosen], kind="stable")]
        first = f"p{chosen[0]}"
        rows.extend((f"p{post}", first, names[post], posted[post]) for post in chosen)
        return first

    for day in range(DAYS - 1):
        for _ in range(chance.poisson(6)):
            own = np.flatnonzero(mission == chance.integers(0, mission.max() + 1))
            wave(day, 3, own)
        for _ in range(chance.poisson(0.5)):
            wave(day, 2 + chance.geometric(0.35))
    for event in planted:
        if event.kind == "near_identical_wave":
            waves[event] = wave(event.first, int(event.factor))
    schema = {"post_id": pl.String, "first_post_id": pl.String, "account_id": pl.String, "posted_date": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(_dated("posted_date")), waves


def _dated(name: str) -> pl.Expr:
    return (pl.lit(FIRST_DAY) + pl.duration(days=pl.col(name))).cast(pl.Date).alias(name)


@dataclass(frozen=True)
class Score:
    """Of one month: the kinds planted, those of them found, and of the alerts those behind which nothing was."""

    planted: tuple[str, ...]
    found: tuple[str, ...]
    false: tuple[str, ...]
    missed: tuple[Event, ...]


def score(simulated: Month, found: pl.DataFrame) -> Score:
    """An event is found if an alert of its kind on its subject comes within its days.

    An alert of another kind on an account on which something was planted is no false one up to ``AFTERMATH_DAYS``
    after it: replies that flood in are engagements too. It finds nothing, though.
    """
    alerts = found.filter(pl.col("alert_date") >= simulated.first_day).to_dicts()
    hits = {event: [alert for alert in alerts if _finds(alert, event)] for event in simulated.events}
    false = [alert["kind"] for alert in alerts if not any(_is_of(alert, event) for event in simulated.events)]
    return Score(
        tuple(event.kind for event in simulated.events),
        tuple(event.kind for event in simulated.events if hits[event]),
        tuple(false),
        tuple(event for event in simulated.events if not hits[event]),
    )


def _finds(alert: dict, event: Event) -> bool:
    is_same = (alert["kind"], alert["subject_id"]) == (event.kind, event.subject)
    return is_same and event.first_day <= alert["alert_date"] <= event.last_day


def _is_of(alert: dict, event: Event) -> bool:
    on_account = alert["account_id"] == event.account or alert["subject_id"] == event.subject
    return on_account and event.first_day <= alert["alert_date"] <= event.last_day + timedelta(days=AFTERMATH_DAYS)
