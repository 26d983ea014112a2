"""Today: what needs a reaction, what overperformed, what failed to load, and whether the data itself is sound.

Today is the last day of the chosen period.
"""

import polars as pl
import streamlit as st

from dashboard.charts import figures, heading, plain, table_below
from dashboard.filters import CHOSEN, PLATFORM_NAMES
from dashboard.language import day, number, of
from dashboard.page import Page

ICON = ":material/today:"
ALERTS_SHOWN, POSTS_SHOWN = 4, 6

READ = f"""
    select
        count(*) filter (is_registered) as registered,
        count(*) filter (is_registered and is_observed) as reported,
        sum(engagements_gained) as engagements_gained,
        count(engagements_gained) as accounts_with_engagements
    from fct_account_daily
    where activity_date = $last_day and {CHOSEN}
"""

CHECKS = "select count(*) as checks, count(*) filter (is_success) as met from check_results"

RECORDS = """
    select sum(received) as received, sum(quarantined) as quarantined, bool_and(is_reconciled) as is_reconciled
    from reconciliation
"""

TOLD_OF_ALERTS = {"came": "observed", "due": "expected", "low": "expected_low", "high": "expected_high"}


def _in_words(column: str) -> str:
    """A number of an alert as SQL, as people write it: the share of replies in per cent, all others whole."""
    share, whole = f"cast(round(100 * {column}) as bigint)", f"cast(round({column}) as bigint)"
    return f"case when chosen.metric = 'reply_share' then {share} || '%' else format('{{:,}}', {whole}) end"


ALERTS = f"""
    with chosen as (

        select *
        from alerts
        where alert_date between $last_day - 6 and $last_day and {CHOSEN}

    )

    select
        chosen.alert_date, chosen.severity, missions.name as mission_name, chosen.sentence, posts.text, posts.url,
        chosen.kind, chosen.platform, chosen.observed, chosen.expected,
        strftime(chosen.from_date, '%Y-%m-%d') as first, strftime(chosen.alert_date, '%Y-%m-%d') as last,
        accounts.handle, {", ".join(f"{_in_words(column)} as {name}" for name, column in TOLD_OF_ALERTS.items())}
    from chosen
    inner join dim_mission as missions on chosen.mission_id = missions.mission_id
    left join dim_account as accounts on chosen.account_id = accounts.account_id and accounts.is_current
    left join alert_posts as linked on chosen.alert_id = linked.alert_id and linked.place = 1
    left join fct_post as posts on linked.post_id = posts.post_id
    order by chosen.severity = 'high' desc, chosen.alert_date desc, chosen.strength desc
"""

BRIEFS = """
    select title, text
    from weekly_brief
    where
        week_start_date = (select max(week_start_date) from weekly_brief where week_end_date <= $last_day)
        and ($region::varchar is null or region = $region)
    order by title
"""

# As analysis 14 asks it.
REACTIONS = f"""
    with chosen as (

        select *
        from fct_post_metrics_daily
        where observed_date = $last_day and age_days <= 7 and comments_gained > 0 and {CHOSEN}

    )

    select
        missions.name as mission_name, chosen.platform, posts.posted_at, posts.text,
        coalesce(readings.language, posts.language) as text_language, posts.url,
        chosen.comments_gained, chosen.comments, chosen.reactions,
        chosen.comments > chosen.reactions as has_more_comments_than_reactions
    from chosen
    inner join fct_post as posts on chosen.post_id = posts.post_id
    inner join dim_mission as missions on chosen.mission_id = missions.mission_id
    left join fct_post_reading as readings on chosen.post_id = readings.post_id
    where posts.deleted_at is null
    order by has_more_comments_than_reactions desc nulls last, chosen.comments_gained desc, chosen.post_id
    limit 20
"""

# As analysis 12 asks it.
OVERPERFORMED = f"""
    with chosen as (

        select *
        from post_performance
        where
            is_oldest_age
            and overperformance >= 2
            and posted_date between $last_day - 6 and $last_day
            and {CHOSEN}

    )

    select
        missions.name as mission_name, chosen.platform, chosen.posted_at, posts.text,
        coalesce(readings.language, posts.language) as text_language, chosen.url,
        chosen.engagements, chosen.expected_engagements, chosen.baseline_posts, chosen.overperformance
    from chosen
    inner join fct_post as posts on chosen.post_id = posts.post_id
    inner join dim_mission as missions on chosen.mission_id = missions.mission_id
    left join fct_post_reading as readings on chosen.post_id = readings.post_id
    where posts.deleted_at is null
    order by chosen.overperformance desc, chosen.post_id
    limit 20
"""

UNREAD = f"""
    with chosen as (

        select *
        from fct_account_daily
        where activity_date = $last_day and is_registered and not is_observed and {CHOSEN}

    )

    select missions.name as mission_name, chosen.platform, accounts.handle
    from chosen
    inner join dim_mission as missions on chosen.mission_id = missions.mission_id
    inner join dim_account as accounts on chosen.account_id = accounts.account_id and accounts.is_current
    order by all
"""

WARNINGS = """
    select source, table_name, field, reason, count(*) as records
    from warnings
    where observed_date = $last_day
    group by all
    order by records desc, source, table_name, field, reason
    limit 100
"""


def show(page: Page) -> None:
    _state(page)
    _alerts(page)
    reactions, overperformed = st.columns(2, gap="medium")
    with reactions:
        _reactions(page)
    with overperformed:
        _overperformed(page)
    _failed(page)


def _state(page: Page) -> None:
    words, today = page.words, day(page.filters.last_day)
    read = page.query(READ).row(0, named=True)
    checks = page.query(CHECKS).row(0, named=True)
    shown = [
        (
            words("accounts_read"),
            of(read["reported"], read["registered"]),
            words("accounts_read_note", day=today),
        ),
        (
            words("engagements_gained"),
            number(read["engagements_gained"]),
            words("engagements_gained_note", accounts=number(read["accounts_with_engagements"]), day=today),
        ),
        (
            words("checks_met"),
            of(checks["met"], checks["checks"]),
            words("checks_met_note", published=f"{page.published.published_at:%Y-%m-%d %H:%M}"),
        ),
    ]
    if page.scope.sees_everything:
        records = page.query(RECORDS).row(0, named=True)
        verdict = words("reconciled") if records["is_reconciled"] else words("not_reconciled")
        shown.append(
            (
                words("quarantined"),
                of(records["quarantined"], records["received"]),
                words("quarantined_note", verdict=verdict),
            )
        )
    figures(shown)


def _alerts(page: Page) -> None:
    words = page.words
    if not page.has("alerts"):
        return
    alerts = page.query(ALERTS)
    told = ("first", "last", "handle", *TOLD_OF_ALERTS)
    account = pl.format("@{} ({})", "handle", pl.col("platform").replace(PLATFORM_NAMES))
    values = {name: pl.col(name) for name in told} | {"account": account}
    alerts = alerts.with_columns(sentence=words.retold("alerts", "kind", "sentence", **values)).drop(told)
    severe = alerts.filter(alerts["severity"] == "high").height
    heading(words("alerts_finding", alerts=alerts.height, severe=severe))
    plain(words("alerts_note"), "note")
    for place, alert in enumerate(alerts.head(ALERTS_SHOWN).rows(named=True)):
        with st.container(border=True, key=f"alert-{place}"):
            severity = words(f"severity_{alert['severity']}")
            plain(f"{alert['mission_name']} · {day(alert['alert_date'])} UTC · {severity}", "note")
            plain(alert["sentence"], "data")
    table_below(words, "alerts", alerts)
    briefs = page.query(BRIEFS).rows(named=True)
    if briefs:
        with st.expander(words("briefs")):
            for brief in briefs:
                heading(brief["title"])
                plain(brief["text"], "data")


def _reactions(page: Page) -> None:
    words = page.words
    posts = page.query(REACTIONS).rows(named=True)
    sharp = sum(post["has_more_comments_than_reactions"] or False for post in posts)
    heading(words("reactions_finding", posts=len(posts), sharp=sharp) if posts else words("reactions_none"))
    plain(words("reactions_note", day=day(page.filters.last_day)), "note")
    for place, post in enumerate(posts[:POSTS_SHOWN]):
        new, all_of_them = number(post["comments_gained"]), number(post["comments"])
        reactions = number(post["reactions"])
        page.post(post, f"reaction-{place}", words("reaction", new=new, comments=all_of_them, reactions=reactions))


def _overperformed(page: Page) -> None:
    words = page.words
    posts = page.query(OVERPERFORMED).rows(named=True)
    heading(
        words("overperformed_finding", posts=len(posts), best=number(posts[0]["overperformance"], 1))
        if posts
        else words("overperformed_none")
    )
    plain(words("overperformed_note"), "note")
    for place, post in enumerate(posts[:POSTS_SHOWN]):
        note = words(
            "overperformed",
            engagements=number(post["engagements"]),
            expected=number(post["expected_engagements"], 1),
            posts=number(post["baseline_posts"]),
        )
        page.post(post, f"over-{place}", note)


def _failed(page: Page) -> None:
    words = page.words
    unread = page.query(UNREAD)
    page.show(
        "unread",
        title=words("unread_finding", accounts=unread.height) if unread.height else words("unread_none"),
        note=words("unread_note", day=day(page.filters.last_day)),
        table=unread,
    )
    if page.scope.sees_everything:
        warnings = page.query(WARNINGS)
        page.show(
            "warnings",
            title=words("warnings_finding", warnings=number(warnings["records"].sum() or 0)),
            note=words("warnings_note", day=day(page.filters.last_day)),
            table=warnings,
        )
