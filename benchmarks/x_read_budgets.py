"""A month of 450 accounts on X under nightly budgets: what is read, what it costs, how far the totals are off.

Held against reading every post of the last 28 days every night, whose totals are reckoned from the synthetic
ministry itself. The sandbox counts what it gave, so the cost is not the reader's own word.

    .venv/bin/python benchmarks/x_read_budgets.py [--nights 30] [--accounts 450] [--budget 11 --budget 14 …]
"""

import csv
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import polars as pl
from rich.console import Console
from rich.progress import track
from rich.table import Table

from orchestration.landing import Landing, Window
from orchestration.sandbox.ministry import REGISTRY_DIR, Kind, Ministry
from orchestration.sandbox.server import Sandbox
from orchestration.settings import Settings
from orchestration.sources import x
from orchestration.sources.platform import Registered, extract

SEED = 2021
FIRST_DAY = date(2026, 3, 1)
TRAILING_DAYS = 28
ENGAGEMENTS = ("like_count", "reply_count", "repost_count", "quote_count", "bookmark_count")


@dataclass(frozen=True)
class Month:
    """Reads are of posts, costs in US dollars; ``dearest_night`` is the most that one night cost."""

    budget: float | None
    posts_read: int
    cost: float
    dearest_night: float
    engagements: int
    reference: int

    @property
    def error(self) -> float:
        """By how much the total of engagements falls short of the reference, as a share of it."""
        return abs(self.engagements - self.reference) / self.reference


def write_register(folder: Path, accounts: int) -> None:
    """A register of so many synthetic accounts on X, several to a mission."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(REGISTRY_DIR / "missions.csv", folder)
    with open(REGISTRY_DIR / "accounts.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["platform"] == "x"]
    with open(folder / "accounts.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for number in range(accounts):
            row = rows[number % len(rows)]
            copy = number // len(rows)
            handle = row["handle"][:13] + (f"_{copy}" if copy else "")
            writer.writerow(row | {"handle": handle, "native_id": str(int(row["native_id"]) + copy)})


def simulate(folder: Path, budget: float | None, nights: int, accounts: int, tell=iter) -> Month:
    """Read ``nights`` nights of ``accounts`` accounts; ``tell`` wraps the days, to show progress."""
    register = folder / "register"
    write_register(register, accounts)
    landing = Landing(folder / "landing", is_synthetic=True)
    posts_read, cost, dearest = 0, 0.0, 0.0
    with Sandbox(SEED, registry_dir=register) as sandbox:
        protocol = sandbox.platform("x")
        ministry = protocol.ministry
        asked = [Registered(account.handle, account.native_id) for account in ministry.accounts]
        for day in tell([FIRST_DAY + timedelta(days=n) for n in range(nights)]):
            window = Window.of_day(day)
            settings = Settings().model_copy(
                update=sandbox.settings("x", _night_after(day)) | {"x_nightly_budget_usd": budget}
            )
            posts, users = protocol.posts_given, protocol.users_given
            reader = x.connect(settings)
            for batch in extract(
                x.PLATFORM,
                reader,
                asked,
                landing,
                window,
                # The month begins with no post known: what is compared is what was posted within it.
                trailing_days=min(TRAILING_DAYS, (day - FIRST_DAY).days + 1),
                is_synthetic=True,
                progress=lambda *_: None,
            ):
                landing.write(batch)
            reader.close()
            posts, users = protocol.posts_given - posts, protocol.users_given - users
            night = posts * settings.x_usd_per_post_read + users * settings.x_usd_per_user_read
            posts_read, cost, dearest = posts_read + posts, cost + night, max(dearest, night)
        return Month(budget, posts_read, cost, dearest, _landed(landing), _reference(ministry, nights)[0])


def _night_after(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1, hours=1)


def _landed(landing: Landing) -> int:
    """Engagements of all posts but reposts, each as it was last read."""
    posts = landing.read(x.POSTS, columns=["id", "observed_at", "referenced_type", *ENGAGEMENTS])
    last = posts.sort("observed_at").unique("id", keep="last")
    own = last.filter(pl.col("referenced_type").ne_missing("retweeted"))
    return own.select(pl.sum_horizontal(ENGAGEMENTS).sum()).item()


def _reference(ministry: Ministry, nights: int) -> tuple[int, int]:
    """Engagements of the same posts as reading each of them every night would have last seen them, and how many
    posts such nights read (reposts and referenced posts left out, so it is rather too few)."""
    total = reads = 0
    start = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
    end = start + timedelta(days=nights)
    for account in ministry.accounts:
        for offset in range(-1, nights + 1):
            for post in ministry.posts(account, FIRST_DAY + timedelta(days=offset)):
                if post.kind is Kind.RETWEET or not start <= post.created_at < end:
                    continue
                first = (post.created_at - start).days
                seen = [
                    night
                    for n in range(first, min(first + TRAILING_DAYS, nights))
                    if post.exists_at(night := _night_after(FIRST_DAY + timedelta(days=n)))
                ]
                reads += len(seen)
                if seen:
                    counts = post.counts_at(seen[-1])
                    total += counts.likes + counts.replies + counts.reposts + counts.quotes + counts.bookmarks
    return total, reads


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--nights", default=30, show_default=True)
@click.option("--accounts", default=450, show_default=True)
@click.option("--budget", "budgets", type=float, multiple=True, default=(11, 14, 18), show_default=True)
def main(nights: int, accounts: int, budgets: tuple[float, ...]) -> None:
    """Print posts read, cost and error for each nightly budget in US dollars."""
    table = Table("nightly budget", "dearest night", "posts read", "cost", "engagements", "error")
    with tempfile.TemporaryDirectory() as folder:
        for budget in budgets:
            month = simulate(
                Path(folder) / f"{budget:g}",
                budget,
                nights,
                accounts,
                lambda days, budget=budget: track(days, f"${budget:g} a night", console=Console(stderr=True)),
            )
            table.add_row(
                f"${budget:.2f}",
                f"${month.dearest_night:.2f}",
                f"{month.posts_read:,}",
                f"${month.cost:,.2f}",
                f"{month.engagements:,}",
                f"{month.error:.2%}",
            )
        write_register(Path(folder) / "register", accounts)
        ministry = Ministry(SEED, Path(folder) / "register")
        engagements, reads = _reference(ministry, nights)
    users = nights * accounts * Settings().x_usd_per_user_read
    cost = reads * Settings().x_usd_per_post_read + users
    table.add_row("everything", "", f"{reads:,}", f"${cost:,.2f}", f"{engagements:,}", "")
    table.title = f"X: {accounts} synthetic accounts, {nights} nights"
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
