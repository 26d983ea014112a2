"""The synthetic ministry: its missions, their accounts, and what those posted, as of any moment.

Everything follows from the seed and the moment asked for: a post's id, text and creation never change, its
counts grow along a saturating curve of its age (and are restated downwards once for some), its deletion has
its time. So states as of different moments agree with each other, in whatever order they are asked for.
Posts begin on ``EPOCH``. All times are UTC; posting hours and weekends are those of the mission's time zone.
"""

import csv
import html
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.sandbox import phrases

REGISTRY_DIR = Path(__file__).parent / "registry"
"""The synthetic ministry's register: the one place that says which missions and accounts there are."""

EPOCH = date(2024, 1, 1)
POSTS_PER_DAY = {
    "x": 1.5,
    "facebook": 0.9,
    "instagram": 0.6,
    "youtube": 0.15,
    "bluesky": 0.8,
    "mastodon": 0.7,
    "linkedin": 0.4,
}
"""Mean over a platform's accounts and days, before deletions; 1 where a platform is not named."""

OPENED = {"mastodon": date(2022, 5, 1), "bluesky": date(2023, 3, 1)}
"""Since when the ministry's accounts are on platforms that came later than the others."""

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
LONGEST_SHORT_POST = 280
DELETED_SHARE, RESTATED_SHARE, LONG_SHARE = 0.02, 0.08, 0.02
WEEKEND_FACTOR = 0.35


def _countries(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


FRIDAY_SATURDAY, SATURDAY_SUNDAY = frozenset({4, 5}), frozenset({5, 6})
FRIDAY_SATURDAY_COUNTRIES = _countries("BD BH DZ EG IQ IR JO KW MV OM QA SA")
ARABIC_SPEAKING_COUNTRIES = _countries("AE BH DZ EG IQ JO KW LB MA OM QA SA TN")
HOUR_WEIGHTS = dict(zip(range(7, 23), (1, 3, 6, 8, 9, 8, 7, 7, 8, 8, 6, 4, 3, 2, 2, 1), strict=True))


class Kind(StrEnum):
    """How a post came to be; the values of the last three are X's own."""

    ORIGINAL = "original"
    REPLY = "replied_to"
    QUOTE = "quoted"
    RETWEET = "retweeted"


KIND_WEIGHTS = {Kind.ORIGINAL: 62, Kind.REPLY: 15, Kind.QUOTE: 8, Kind.RETWEET: 15}
PASSING_ON = frozenset({"x", "bluesky", "mastodon"})
"""Platforms whose timelines hold replies, quotes and reposts too; on the others every post is an original."""


@dataclass(frozen=True)
class Mission:
    """A row of missions.csv."""

    mission_id: str
    name: str
    kind: str
    city: str
    country_code: str
    country: str
    region: str
    time_zone: str
    latitude: float
    longitude: float

    @property
    def weekend(self) -> frozenset[int]:
        """Weekdays off, Monday being 0."""
        return FRIDAY_SATURDAY if self.country_code in FRIDAY_SATURDAY_COUNTRIES else SATURDAY_SUNDAY

    @property
    def language_weights(self) -> tuple[int, int, int]:
        """Of ``phrases.LANGUAGES``."""
        if self.kind == "headquarters":
            return 50, 40, 10
        return (35, 20, 45) if self.country_code in ARABIC_SPEAKING_COUNTRIES else (70, 26, 4)


@dataclass(frozen=True)
class Account:
    """A row of accounts.csv with its mission; ``number`` is its place in the register, counted from 0."""

    number: int
    platform: str
    native_id: str
    handle: str
    display_name: str
    mission: Mission

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.mission.time_zone)

    @property
    def description(self) -> str:
        """One account in twenty says next to nothing."""
        return (
            "(synthetic)"
            if self.number % 20 == 3
            else f"{self.display_name}. Invented for tests: no such office exists."
        )

    @property
    def website(self) -> str:
        """One account in twenty links to none, and one to a domain that is not the ministry's."""
        if self.number % 20 == 5:
            return ""
        domain = "missions.example.net" if self.number % 20 == 7 else "example.org"
        return f"https://{domain}/missions/{self.mission.mission_id}"

    @property
    def has_picture(self) -> bool:
        return self.number % 20 != 9

    @property
    def is_verified(self) -> bool:
        """On platforms that vouch for accounts, nine in ten."""
        return self.number % 10 != 1

    @property
    def created_at(self) -> datetime:
        """On X the id tells it."""
        if self.platform == "x":
            return snowflake_time(self.native_id)
        opened = OPENED.get(self.platform, date(2012, 1, 1))
        days = random.Random(f"created|{self.platform}|{self.native_id}").randrange((EPOCH - opened).days)
        return datetime.combine(opened, time(9), UTC) + timedelta(days=days)


@dataclass(frozen=True)
class AccountState:
    """Counts of an account as of a moment. Posts since deleted still count as posted."""

    followers: int
    following: int
    posts: int
    listed: int
    likes_given: int
    media: int


@dataclass(frozen=True)
class Counts:
    """A post's public counts."""

    reposts: int = 0
    replies: int = 0
    likes: int = 0
    quotes: int = 0
    bookmarks: int = 0
    impressions: int = 0


@dataclass(frozen=True)
class Growth:
    """Counts grow to ``final`` with age; from ``restated_after`` some likes and reposts are taken back."""

    final: Counts
    half_life_hours: float
    restated_after: timedelta
    restated_share: float

    def at(self, age: timedelta) -> Counts:
        hours = age / timedelta(hours=1)
        # Most of it comes in the first days, the rest trickles in over weeks.
        grown = 1 - 0.9 * 0.5 ** (hours / self.half_life_hours) - 0.1 * 0.5 ** (hours / (7 * 24))
        kept = grown * (1 - self.restated_share if age >= self.restated_after else 1)
        final = self.final
        return Counts(
            reposts=int(final.reposts * kept),
            replies=int(final.replies * grown),
            likes=int(final.likes * kept),
            quotes=int(final.quotes * grown),
            bookmarks=int(final.bookmarks * grown),
            impressions=int(final.impressions * grown),
        )


@dataclass(frozen=True)
class Post:
    """One post. ``text`` is whole and HTML-escaped as X sends it; ``target`` is what it quotes or reposts."""

    id: str
    author: Account
    kind: Kind
    lang: str
    text: str
    created_at: datetime
    deleted_at: datetime
    growth: Growth
    conversation_id: str
    referenced_id: str | None = None
    in_reply_to_user_id: str | None = None
    target: "Post | None" = None

    def exists_at(self, moment: datetime) -> bool:
        return self.created_at <= moment < self.deleted_at

    @property
    def passed_on(self) -> "Post":
        """What a quote or a repost shows."""
        if self.target is None:
            raise ValueError(f"post {self.id} passes nothing on")
        return self.target

    def counts_at(self, moment: datetime) -> Counts:
        """As X counts: a repost has no counts of its own and shows how often its original was reposted."""
        if self.kind is Kind.RETWEET:
            return Counts(reposts=self.passed_on.counts_at(moment).reposts)
        return self.growth.at(moment - self.created_at)


@dataclass(frozen=True)
class _Habits:
    """What an account is like: drawn once for each."""

    followers_2021: float
    yearly_growth: float
    wave: float
    posts_per_working_day: float
    following: int
    posts_before_epoch: int


NEVER = datetime.max.replace(tzinfo=UTC)


class Ministry:
    """The ministry of one seed. What was generated is kept, so that a night's pages cost one generation."""

    def __init__(self, seed: int, registry_dir: Path = REGISTRY_DIR):
        self.seed = seed
        with open(registry_dir / "missions.csv", encoding="utf-8", newline="") as file:
            self.missions = {row["mission_id"]: _mission(row) for row in csv.DictReader(file)}
        with open(registry_dir / "accounts.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.accounts = [
            Account(
                number,
                row["platform"],
                row["native_id"],
                row["handle"],
                row["display_name"],
                self.missions[row["mission_id"]],
            )
            for number, row in enumerate(rows)
        ]
        self._by_platform: defaultdict[str, list[Account]] = defaultdict(list)
        for account in self.accounts:
            self._by_platform[account.platform].append(account)
        self._by_id = {(account.platform, account.native_id): account for account in self.accounts}
        self._by_handle = {(account.platform, account.handle.lower()): account for account in self.accounts}
        self._habits: dict[int, _Habits] = self._draw_habits()
        self._plans: dict[tuple[int, int], list[int]] = {}
        self._drafts: dict[tuple[int, date], list[Post]] = {}
        self._days: dict[tuple[int, date], list[Post]] = {}

    def accounts_on(self, platform: str) -> list[Account]:
        """In the register's order: headquarters come first."""
        return self._by_platform[platform]

    def account(self, native_id: str, platform: str = "x") -> Account | None:
        return self._by_id.get((platform, native_id))

    def account_named(self, handle: str, platform: str = "x") -> Account | None:
        return self._by_handle.get((platform, handle.lower()))

    def account_state(self, account: Account, moment: datetime) -> AccountState:
        habits = self._habits[account.number]
        followers = self._followers(account, moment)
        posts = habits.posts_before_epoch + self._posted(account, moment)
        return AccountState(
            followers=followers,
            following=habits.following,
            posts=posts,
            listed=followers // 150,
            likes_given=posts // 3,
            media=posts // 2,
        )

    def timeline(
        self, account: Account, moment: datetime, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Post]:
        """The account's posts that exist at ``moment`` and were created in ``[start, end)``, newest first."""
        last = min(moment, end) if end else moment
        day = max(last.astimezone(account.zone).date(), EPOCH)
        first = max(start.astimezone(account.zone).date(), EPOCH) if start else EPOCH
        while day >= first:
            for post in reversed(self.posts(account, day)):
                is_asked_for = (not start or post.created_at >= start) and (not end or post.created_at < end)
                if is_asked_for and post.exists_at(moment):
                    yield post
            day -= timedelta(days=1)

    def post(self, post_id: str, moment: datetime) -> Post | None:
        """The post with this id, when it exists at ``moment``."""
        number = int(post_id) >> 12 & 0x3FF
        if number >= len(self.accounts):
            return None
        account = self.accounts[number]
        day = snowflake_time(post_id).astimezone(account.zone).date()
        return next((p for p in self.posts(account, day) if p.id == post_id and p.exists_at(moment)), None)

    def posts(self, account: Account, day: date) -> list[Post]:
        """Everything ever posted by the account on a day of its own time zone, oldest first."""
        key = account.number, day
        if key not in self._days:
            self._days[key] = [self._passed_on(post, day) for post in self._drafted(account, day)]
        return self._days[key]

    def _random(self, *what: object) -> random.Random:
        """Chance that depends on nothing but the seed and what it is for."""
        return random.Random("|".join(map(str, (self.seed, *what))))

    def _draw_habits(self) -> dict[int, _Habits]:
        return {
            account.number: habits
            for platform, accounts in self._by_platform.items()
            for account, habits in self._draw_habits_on(platform, accounts)
        }

    def _draw_habits_on(self, platform: str, accounts: list[Account]) -> Iterator[tuple[Account, _Habits]]:
        chances = [self._random("habits", account.native_id) for account in accounts]
        paces = [chance.lognormvariate(0, 0.55) for chance in chances]
        # A week has five full days and two short ones; the mean over accounts is met exactly.
        full_days = (5 + 2 * WEEKEND_FACTOR) / 7
        scale = POSTS_PER_DAY.get(platform, 1) / full_days * len(paces) / sum(paces)
        for account, chance, pace in zip(accounts, chances, paces, strict=True):
            fame = 20 if account.mission.kind == "headquarters" else 1
            days_before = (EPOCH - account.created_at.date()).days
            yield (
                account,
                _Habits(
                    followers_2021=fame * chance.lognormvariate(math.log(6000), 1.1),
                    yearly_growth=chance.uniform(0.02, 0.25),
                    wave=chance.uniform(0, math.tau),
                    posts_per_working_day=pace * scale,
                    following=chance.randrange(80, 900),
                    posts_before_epoch=int(pace * scale * full_days * days_before),
                ),
            )

    def _followers(self, account: Account, moment: datetime) -> int:
        """A yearly trend under a slow wave, so that some weeks lose a few."""
        habits = self._habits[account.number]
        days = (moment - datetime(2021, 1, 1, tzinfo=UTC)) / timedelta(days=1)
        wave = 1 + 0.002 * math.sin(days / 23 * math.tau + habits.wave)
        return int(habits.followers_2021 * (1 + habits.yearly_growth) ** (days / 365.25) * wave)

    def _plan(self, account: Account, year: int) -> list[int]:
        """How many posts the account makes on each day of a year."""
        key = account.number, year
        if key not in self._plans:
            chance = self._random("plan", account.native_id, year)
            pace, weekend = self._habits[account.number].posts_per_working_day, account.mission.weekend
            first_weekday = date(year, 1, 1).weekday()
            self._plans[key] = [
                _poisson(
                    chance,
                    pace
                    * chance.lognormvariate(-0.08, 0.4)  # busy and quiet days; the mean stays 1
                    * (WEEKEND_FACTOR if (first_weekday + n) % 7 in weekend else 1),
                )
                for n in range(366)
            ]
        return self._plans[key]

    def _posted(self, account: Account, moment: datetime) -> int:
        """Posts made from EPOCH until ``moment``, deleted ones included."""
        today = moment.astimezone(account.zone).date()
        if today < EPOCH:
            return 0
        whole_years = sum(
            sum(self._plan(account, year)[: (date(year + 1, 1, 1) - date(year, 1, 1)).days])
            for year in range(EPOCH.year, today.year)
        )
        this_year = sum(self._plan(account, today.year)[: today.timetuple().tm_yday - 1])
        return whole_years + this_year + sum(post.created_at <= moment for post in self.posts(account, today))

    def _drafted(self, account: Account, day: date) -> list[Post]:
        """The day's posts before quotes and reposts have found what they pass on."""
        key = account.number, day
        if key not in self._drafts:
            self._drafts[key] = self._draft(account, day) if day >= EPOCH else []
        return self._drafts[key]

    def _draft(self, account: Account, day: date) -> list[Post]:
        chance = self._random("posts", account.native_id, day)
        how_many = self._plan(account, day.year)[day.timetuple().tm_yday - 1]
        midnight = datetime.combine(day, time(12), account.zone).astimezone(UTC) - timedelta(hours=12)
        hours = chance.choices(list(HOUR_WEIGHTS), list(HOUR_WEIGHTS.values()), k=how_many)
        instants = sorted(hour * 3_600_000 + chance.randrange(3_600_000) for hour in hours)
        return [
            self._draft_post(account, chance, midnight + timedelta(milliseconds=instant), place)
            for place, instant in enumerate(instants)
        ]

    def _draft_post(self, account: Account, chance: random.Random, moment: datetime, place: int) -> Post:
        kind = chance.choices(list(KIND_WEIGHTS), list(KIND_WEIGHTS.values()))[0]
        if account.platform not in PASSING_ON:
            kind = Kind.ORIGINAL
        lang = chance.choices(phrases.LANGUAGES, account.mission.language_weights)[0]
        created_at = moment.replace(microsecond=0)
        post_id = _snowflake(moment, account.number << 12 | place)
        question_id = user_id = None
        if kind is Kind.REPLY:
            citizen = chance.randrange(5000)
            asked_at = moment - timedelta(minutes=chance.uniform(5, 600))
            # The register has fewer than 1,000 missions, so 1,023 is nobody's number in it.
            question_id = _snowflake(asked_at, 1023 << 12 | citizen % 4096)
            user_id = str(1_100_000_000_000_000_000 + citizen * 1_000_003)
            answer = _sentence(chance, phrases.REPLIES, lang, account)
            text = f"@citizen_{citizen:04} {answer} {phrases.TAGS[lang]}"
        else:
            text = _statement(chance, lang, account)
        return Post(
            id=post_id,
            author=account,
            kind=kind,
            lang=lang,
            text=html.escape(text, quote=False),
            created_at=created_at,
            deleted_at=_deletion(chance, created_at),
            growth=self._draw_growth(account, chance, kind, created_at),
            conversation_id=question_id or post_id,
            referenced_id=question_id,
            in_reply_to_user_id=user_id,
        )

    def _draw_growth(self, account: Account, chance: random.Random, kind: Kind, created_at: datetime) -> Growth:
        followers = self._followers(account, created_at)
        reach = chance.lognormvariate(math.log(0.12), 1.0)
        if chance.random() < 0.015:
            reach *= min(chance.paretovariate(1.2) * 5, 300)
        impressions = followers * reach * (0.15 if kind is Kind.REPLY else 1)
        likes = impressions * min(chance.lognormvariate(math.log(0.012), 0.5), 0.2)
        reposts = likes * min(chance.lognormvariate(math.log(0.22), 0.5), 2)
        is_restated = chance.random() < RESTATED_SHARE
        return Growth(
            final=Counts(
                reposts=round(reposts),
                replies=round(likes * chance.uniform(0.02, 0.15)),
                likes=round(likes),
                quotes=round(reposts * chance.uniform(0.02, 0.15)),
                bookmarks=round(likes * chance.uniform(0.01, 0.1)),
                impressions=round(impressions),
            ),
            half_life_hours=chance.uniform(3, 14),
            restated_after=timedelta(days=chance.uniform(3, 20)),
            restated_share=chance.uniform(0.01, 0.06) if is_restated else 0.0,
        )

    def _passed_on(self, post: Post, day: date) -> Post:
        """A quote or repost with what it passes on; one that finds nothing speaks for itself."""
        if post.kind not in (Kind.QUOTE, Kind.RETWEET):
            return post
        chance = self._random("passed on", post.id)
        target = self._worth_passing_on(post, day, chance)
        if target is None:
            return replace(post, kind=Kind.ORIGINAL)
        passed_on = replace(post, target=target, referenced_id=target.id)
        if post.kind is Kind.QUOTE:
            return replace(passed_on, text=f"{post.text} {_short_url(chance)}")
        return replace(
            passed_on,
            lang=target.lang,
            text=_repost(target),
            # X takes reposts away with their original.
            deleted_at=min(post.deleted_at, target.deleted_at),
        )

    def _worth_passing_on(self, post: Post, day: date, chance: random.Random) -> Post | None:
        """An original of headquarters or another mission of the days before."""
        others = [account for account in self.accounts_on(post.author.platform) if account is not post.author]
        for back in (1, 2, 3):
            author = others[0] if chance.random() < 0.5 else chance.choice(others)
            originals = [
                other
                for other in self._drafted(author, day - timedelta(days=back))
                if other.kind is Kind.ORIGINAL and other.exists_at(post.created_at)
            ]
            if originals:
                return chance.choice(originals)
        return None


def snowflake_time(native_id: str) -> datetime:
    """When an id of X was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(int(native_id) >> 22) + SNOWFLAKE_EPOCH_MS)


def _snowflake(moment: datetime, low_bits: int) -> str:
    milliseconds = (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    return str((milliseconds - SNOWFLAKE_EPOCH_MS) << 22 | low_bits)


def _poisson(chance: random.Random, mean: float) -> int:
    events, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        events += 1
        product *= chance.random()
    return events


def _mission(row: dict[str, Any]) -> Mission:
    return Mission(**row | {"latitude": float(row["latitude"]), "longitude": float(row["longitude"])})


def _deletion(chance: random.Random, created_at: datetime) -> datetime:
    if chance.random() >= DELETED_SHARE:
        return NEVER
    hours = min(chance.lognormvariate(math.log(60), 1.2), 60 * 24)
    return (created_at + timedelta(hours=hours)).replace(microsecond=0)


def _sentence(chance: random.Random, templates: Mapping[str, tuple[str, ...]], lang: str, account: Account) -> str:
    fillings = {slot: chance.choice(words) for slot, words in phrases.FILLINGS[lang].items()}
    return chance.choice(templates[lang]).format(city=account.mission.city, number=chance.randrange(5, 400), **fillings)


def _statement(chance: random.Random, lang: str, account: Account) -> str:
    text = _sentence(chance, phrases.TEMPLATES, lang, account)
    if chance.random() < LONG_SHARE:
        text += phrases.LONG_READ[lang]
    extras = [phrases.TAGS[lang]]
    if chance.random() < 0.4:
        extras.append(chance.choice(phrases.TOPIC_TAGS[lang]))
    if chance.random() < 0.25:
        extras.append("@SynthHQ")
    if chance.random() < 0.3:
        extras.insert(0, chance.choice(phrases.EMOJI))
    if chance.random() < 0.35:
        extras.append(_short_url(chance))
    return " ".join([text, *extras])


def _short_url(chance: random.Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "https://t.co/" + "".join(chance.choices(letters, k=10))


def _repost(target: Post) -> str:
    """``RT``, whose post, and its text cut to 140 characters as X cuts; what is cut keeps its synthetic tag."""
    text, tag = f"RT @{target.author.handle}: {html.unescape(target.text)}", phrases.TAGS[target.lang]
    if len(text) > 140:
        text = text[:139] + "…"
        if tag not in text:
            text = f"{text[: 138 - len(tag)]}… {tag}"
    return html.escape(text, quote=False)
