"""Content: topics, tone, languages, formats and best hours of the posts chosen; and search by what a post says."""

import altair as alt
import polars as pl
import streamlit as st

from dashboard.charts import AMBER, BLUE, GREY, bars, heading, plain, tooltips
from dashboard.filters import CHOSEN, CHOSEN_MISSIONS
from dashboard.language import number, share
from dashboard.page import Page
from orchestration.settings import load_settings

ICON = ":material/article:"
FOUND = 10
TONES = {"positive": BLUE, "neutral": GREY, "negative": AMBER}

# Own posts, as engagement_by_topic counts them; engagements per post is of those that report engagements.
OWN_POSTS = f"""
    posts as (

        select post_id, kind, engagements
        from fct_post
        where posted_date between $first_day and $last_day and kind is distinct from 'repost' and {CHOSEN}

    ),

    read_posts as (

        select posts.*, readings.is_read, readings.topic_id, readings.tone, readings.language as text_language
        from posts
        left join fct_post_reading as readings on posts.post_id = readings.post_id

    )
"""

COUNTS = """
    count(*) as posts, count(engagements) as posts_with_engagements,
    sum(engagements) / nullif(count(engagements), 0) as engagements_per_post
"""

TOPICS = f"""
    with {OWN_POSTS}

    select read_posts.topic_id, coalesce(topics.name, read_posts.topic_id) as topic, {COUNTS}
    from read_posts
    left join dim_topic as topics on read_posts.topic_id = topics.topic_id
    where read_posts.topic_id is not null
    group by all
    order by engagements_per_post desc nulls last, topic
"""

TONE = f"""
    with {OWN_POSTS}

    select
        read_posts.topic_id, coalesce(topics.name, read_posts.topic_id) as topic, tone, count(*) as posts,
        count(*) / sum(count(*)) over (partition by read_posts.topic_id) as share_of_posts
    from read_posts
    left join dim_topic as topics on read_posts.topic_id = topics.topic_id
    where read_posts.topic_id is not null and tone is not null
    group by read_posts.topic_id, topics.name, tone
    order by topic, tone
"""

BY_LANGUAGE = f"""
    with {OWN_POSTS}

    select text_language, {COUNTS}
    from read_posts
    where text_language is not null
    group by text_language
    order by posts desc, text_language
"""

FORMATS = f"""
    with {OWN_POSTS}

    select kind, {COUNTS}
    from read_posts
    where kind is not null
    group by kind
    order by engagements_per_post desc nulls last, kind
"""

READ = f"""
    with {OWN_POSTS}

    select count(*) as posts, count(*) filter (is_read) as posts_read
    from read_posts
"""

# As analysis 15 asks it.
BEST_HOURS = f"""
    with chosen as (

        select *
        from posting_rhythm
        where rank_of_hour <= 3 and {CHOSEN}

    )

    select
        missions.name as mission_name, chosen.platform, chosen.time_zone, chosen.iso_weekday, chosen.hour_of_day,
        chosen.rank_of_hour, chosen.settled_posts, chosen.median_engagements
    from chosen
    inner join dim_mission as missions on chosen.mission_id = missions.mission_id
    order by missions.name, chosen.platform, chosen.rank_of_hour, chosen.iso_weekday, chosen.hour_of_day
"""

MISSIONS_CHOSEN = f"select mission_id from dim_mission where {CHOSEN_MISSIONS}"


def show(page: Page) -> None:
    _search(page)
    read = page.query(READ).row(0, named=True)
    posts_read, posts = number(read["posts_read"]), number(read["posts"])
    period = page.filters.in_words
    note = page.words("read_note", read=posts_read, posts=posts, **period)
    _topics(page, note)
    _tone(page, note)
    _languages(page, note)
    _formats(page, page.words("formats_note", posts=posts, **period))
    _best_hours(page)


def _search(page: Page) -> None:
    words = page.words
    question = st.text_input(words("search"), placeholder=words("search_hint"), max_chars=200, key="search")
    if not question.strip():
        return
    from orchestration.enrichment import EnrichmentError
    from orchestration.enrichment.search import search

    missions = page.query(MISSIONS_CHOSEN)["mission_id"].to_list()
    try:
        hits = search(question, load_settings(), page.published.path, FOUND, missions=missions)
    except EnrichmentError as error:
        plain(str(error), "note")
        return
    heading(words("search_finding", posts=len(hits)))
    plain(words("search_note"), "note")
    for place, hit in enumerate(hits):
        post = {
            "mission_name": hit.mission,
            "platform": hit.platform,
            "posted_at": hit.posted_at,
            "text": hit.text,
            "text_language": hit.language,
            "url": hit.url,
        }
        page.post(post, f"hit-{place}", words("likeness", score=f"{hit.score:.2f}"))


def _by_topic(page: Page, sql: str) -> pl.DataFrame:
    """Rows with the topic's name, as the language has it."""
    told = page.query(sql)
    return told.with_columns(topic=page.words.retold("topics", "topic_id", "topic")).drop("topic_id")


def _topics(page: Page, note: str) -> None:
    words, topics = page.words, _by_topic(page, TOPICS)
    told = topics.drop_nulls("engagements_per_post")
    page.show(
        "topics",
        title=words("topics_finding", topic=told["topic"][0], engagements=number(told["engagements_per_post"][0], 1))
        if told.height
        else words("topics_none"),
        note=note,
        table=topics,
        chart=bars(told, value="engagements_per_post", label="topic", value_title=words("col_engagements_per_post")),
    )


def _tone(page: Page, note: str) -> None:
    words, tones = page.words, _by_topic(page, TONE)
    by_tone = dict(tones.group_by("tone").agg(pl.col("posts").sum()).rows())
    colours = {words(f"tone_{tone}"): colour for tone, colour in TONES.items()}
    tones = page.named(tones, "tone")
    posts = sum(by_tone.values())
    page.show(
        "tone",
        title=words("tone_finding", share=share(by_tone.get("negative", 0) / posts), posts=number(posts))
        if posts
        else words("tone_none"),
        note=note,
        table=tones,
        chart=alt.Chart(tones)
        .mark_bar()
        .encode(
            x=alt.X("posts:Q", stack="normalize", title=words("share_of_posts"), axis=alt.Axis(format="%")),
            y=alt.Y("topic:N", title=None, axis=alt.Axis(labelLimit=190)),
            color=alt.Color(
                "tone:N",
                title=None,
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=alt.Legend(orient="top", direction="vertical"),
            ),
            tooltip=tooltips(*tones.columns),
        )
        .properties(height=alt.Step(24)),
    )


def _languages(page: Page, note: str) -> None:
    words, languages = page.words, page.named(page.query(BY_LANGUAGE), "text_language")
    posts = languages["posts"].sum()
    page.show(
        "languages",
        title=words(
            "languages_finding", language=languages["text_language"][0], share=share(languages["posts"][0] / posts)
        )
        if posts
        else words("languages_none"),
        note=note,
        table=languages,
        chart=bars(languages, value="posts", label="text_language", value_title=words("col_posts")),
    )


def _formats(page: Page, note: str) -> None:
    words, formats = page.words, page.named(page.query(FORMATS), "kind")
    told = formats.drop_nulls("engagements_per_post")
    page.show(
        "formats",
        title=words("formats_finding", kind=told["kind"][0]) if told.height else words("formats_none"),
        note=note,
        table=formats,
        chart=bars(told, value="engagements_per_post", label="kind", value_title=words("col_engagements_per_post")),
    )


def _best_hours(page: Page) -> None:
    words, hours = page.words, page.query(BEST_HOURS).with_columns(pl.col("iso_weekday").cast(pl.String))
    hours = page.named(hours, "iso_weekday")
    best = hours.filter(pl.col("rank_of_hour") == 1)
    page.show(
        "best-hours",
        title=words("hours_finding", missions=best["mission_name"].n_unique()) if best.height else words("hours_none"),
        note=words("hours_note"),
        table=hours,
    )
