"""Missions: where they stand on the map and in the ranking; of a chosen one its accounts, trend, posts and people."""

import altair as alt
import polars as pl
import streamlit as st

from dashboard.charts import BLUE, bars, figures, heading, land, line, plain, tooltips
from dashboard.filters import CHOSEN
from dashboard.language import number, of, share
from dashboard.page import Page

ICON = ":material/location_on:"
RANKED = 15
MEASURES = ("engagements", "engagement_rate_by_followers", "followers", "posts")

# Sums of engagement_by_account over days; the rate is its numerator over its denominator, as the mart defines it.
BY_MISSION = f"""
    with days as (

        select *
        from engagement_by_account
        where period_grain = 'day' and period_start_date between $first_day and $last_day and {CHOSEN}

    ),

    last_told as (

        select account_id, mission_id, arg_max(followers, period_start_date) filter (followers is not null) as followers
        from days
        group by account_id, mission_id

    ),

    followers as (

        select
            mission_id,
            sum(followers) as followers,
            count(followers) as accounts_with_followers,
            count(*) as accounts
        from last_told
        group by mission_id

    ),

    sums as (

        select
            mission_id,
            sum(posts) as posts,
            sum(engagements) as engagements,
            sum(engagements_with_followers) / nullif(sum(followers_of_posts), 0) as engagement_rate_by_followers,
            sum(account_days_reported) as account_days_reported,
            sum(account_days_registered) as account_days_registered
        from days
        group by mission_id

    )

    select
        missions.mission_id, missions.name as mission_name, missions.region, missions.latitude, missions.longitude,
        sums.engagements, sums.posts, sums.engagement_rate_by_followers, followers.followers,
        followers.accounts_with_followers, followers.accounts,
        sums.account_days_reported, sums.account_days_registered
    from sums
    inner join followers on sums.mission_id = followers.mission_id
    inner join dim_mission as missions on sums.mission_id = missions.mission_id
"""

ACCOUNTS = """
    select accounts.handle, accounts.platform, scores.score, scores.days_silent, scores.is_dormant, scores.what_to_fix
    from asset_scores as scores
    inner join dim_account as accounts on scores.account_id = accounts.account_id and accounts.is_current
    where scores.mission_id = $mission and ($platform::varchar is null or scores.platform = $platform)
    order by scores.score nulls last, accounts.platform, accounts.handle
"""

TREND = f"""
    with told as (

        select
            activity_date,
            sum(engagements_gained) as engagements_gained,
            sum(engagements_gained_over_gaps) as engagements_gained_over_gaps,
            count(*) filter (is_observed) as accounts_reported,
            count(*) filter (is_registered) as accounts_registered
        from fct_account_daily
        where activity_date between $first_day and $last_day and {CHOSEN}
        group by activity_date

    )

    select dates.calendar_date as activity_date, told.* exclude (activity_date)
    from dim_date as dates
    left join told on dates.calendar_date = told.activity_date
    where dates.calendar_date between $first_day and $last_day
    order by dates.calendar_date
"""

BEST_POSTS = f"""
    with chosen as (

        select *
        from fct_post
        where
            posted_date between $first_day and $last_day
            and deleted_at is null
            and engagements is not null
            and {CHOSEN}

    )

    select
        missions.name as mission_name, chosen.platform, chosen.posted_at, chosen.text,
        coalesce(readings.language, chosen.language) as text_language, chosen.url, chosen.engagements,
        chosen.impressions
    from chosen
    inner join dim_mission as missions on chosen.mission_id = missions.mission_id
    left join fct_post_reading as readings on chosen.post_id = readings.post_id
    order by chosen.engagements desc, chosen.post_id
    limit 5
"""

PEOPLE = """
    select officers_posted, trained_officers, refreshers_due, has_trained_focal_person, has_up_to_date_focal_person,
        is_suppressed
    from mission_training_coverage
    where mission_id = $mission
"""


def show(page: Page) -> None:
    missions = page.query(BY_MISSION)
    if page.filters.mission:
        _one_mission(page, missions)
    else:
        _all_missions(page, missions)


def _all_missions(page: Page, missions: pl.DataFrame) -> None:
    words = page.words
    measure = st.selectbox(
        words("rank_by"), MEASURES, format_func=lambda name: words(f"col_{name}"), key="by", persist_state="session"
    )
    measured = missions.filter(pl.col(measure).is_not_null()).sort(measure, "mission_name", descending=[True, False])
    label, note = words(f"col_{measure}"), words(f"note_{measure}", **page.filters.in_words)
    located = measured.drop_nulls(["latitude", "longitude"])
    first = measured["mission_name"][0] if measured.height else ""
    page.show(
        "map",
        title=words("map_finding", missions=located.height, told=missions.height),
        note=note,
        table=located.select("mission_name", "region", measure, "latitude", "longitude"),
        chart=_map(located, measure, label),
    )
    page.show(
        "ranking",
        title=words("ranking_finding", mission=first, measure=label) if first else words("no_rows"),
        note=words("ranking_note", shown=min(RANKED, measured.height), missions=measured.height) + " " + note,
        table=measured.drop("latitude", "longitude", "mission_id"),
        chart=bars(measured.head(RANKED), value=measure, label="mission_name", value_title=label),
    )
    plain(words("choose_mission"), "note")


def _map(located: pl.DataFrame, measure: str, label: str) -> alt.LayerChart | alt.FacetChart:
    """One circle per mission."""
    circles = (
        alt.Chart(located)
        .mark_circle(color=BLUE, opacity=0.65, stroke="white", strokeWidth=0.8)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            size=alt.Size(
                f"{measure}:Q", title=label, scale=alt.Scale(range=[20, 600]), legend=alt.Legend(orient="bottom")
            ),
            tooltip=tooltips("mission_name", "region", f"{measure}:Q"),
        )
    )
    return (land() + circles).project("equalEarth").properties(height=420)


def _one_mission(page: Page, missions: pl.DataFrame) -> None:
    words = page.words
    of_it = missions.rows(named=True)
    if not of_it:
        plain(words("no_rows"), "note")
        return
    told = of_it[0]
    heading(f"{told['mission_name']} · {told['region']}")
    figures(
        [
            (
                words("col_engagements"),
                number(told["engagements"]),
                words("per_posts", posts=number(told["posts"])),
            ),
            (
                words("col_engagement_rate_by_followers"),
                share(told["engagement_rate_by_followers"], 2),
                words("per_post_and_follower"),
            ),
            (
                words("col_followers"),
                number(told["followers"]),
                words("of_accounts", part=told["accounts_with_followers"], whole=told["accounts"]),
            ),
            (
                words("days_read"),
                of(told["account_days_reported"], told["account_days_registered"]),
                words("days_read_note"),
            ),
        ]
    )
    trend = page.query(TREND)
    gained = trend["engagements_gained"]
    page.show(
        "trend",
        title=words("trend_finding", gained=number(gained.sum() if gained.count() else None), told=gained.count()),
        note=words("trend_note", days=trend.height, gaps=number(trend["engagements_gained_over_gaps"].sum() or 0)),
        table=trend,
        chart=line(trend, value="engagements_gained", value_title=words("engagements_gained")),
    )
    accounts = page.query(ACCOUNTS)
    below = accounts.filter(pl.col("score") < 1).height
    page.show(
        "accounts-of-mission",
        title=words("accounts_finding", below=below, accounts=accounts.height),
        note=words("accounts_note"),
        table=accounts,
    )
    _people(page)
    heading(words("best_posts"))
    plain(words("best_posts_note", **page.filters.in_words), "note")
    for place, post in enumerate(page.query(BEST_POSTS).rows(named=True)):
        note = words("best_post", engagements=number(post["engagements"]), impressions=number(post["impressions"]))
        page.post(post, f"best-{place}", note)


def _people(page: Page) -> None:
    words = page.words
    for people in page.query(PEOPLE).rows(named=True):
        heading(words("focal_person" if people["has_trained_focal_person"] else "no_focal_person"))
        if people["officers_posted"] is None:
            plain(words("too_few"), "note")
            continue
        figures(
            [
                (
                    words("trained"),
                    of(people["trained_officers"], people["officers_posted"]),
                    words("trained_note"),
                ),
                (
                    words("refreshers_due"),
                    of(people["refreshers_due"], people["trained_officers"]),
                    words("refreshers_due_note"),
                ),
            ]
        )
