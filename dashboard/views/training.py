"""Training: the series, where trained officers serve, from nomination to certificate, what was gained, who needs a
refresher, and what training changed.

Officers are told by pseudonym, and only in groups of the smallest size or more. The first two tabs are of the missions
and platforms that the filters choose; the series, the funnel, the gains and the effect are of the ministry as a whole.
"""

import altair as alt
import polars as pl
import streamlit as st

from dashboard.charts import AMBER, BLUE, GREEN, GREY, ORANGE, heading, land, plain, table_below, tooltips
from dashboard.filters import CHOSEN, CHOSEN_MISSIONS, PLATFORM_NAMES
from dashboard.language import day, number, share
from dashboard.page import Page
from orchestration.dbt import project_vars

ICON = ":material/school:"

SERIES = """
select
    series_number,
    course_id,
    course_name,
    start_date,
    sessions,
    session_minutes,
    trained_officers,
    missions,
    trained_officers_so_far,
    missions_so_far,
    is_suppressed
from training_series
order by series_number
"""

COVERAGE = f"""
select
    coverage.mission_name,
    coverage.region,
    coverage.has_trained_focal_person,
    coverage.has_up_to_date_focal_person,
    coverage.officers_posted,
    coverage.trained_officers,
    coverage.refreshers_due,
    dim_mission.latitude,
    dim_mission.longitude
from (select * from mission_training_coverage where {CHOSEN_MISSIONS}) as coverage
left join dim_mission on coverage.mission_id = dim_mission.mission_id
order by coverage.has_trained_focal_person, coverage.mission_name
"""

PLATFORMS = f"""
select
    platform,
    count(*) as missions,
    count(*) filter (has_trained_focal_person) as missions_with_trained_officer,
    count(*) filter (has_up_to_date_focal_person) as missions_with_up_to_date_officer
from mission_platform_coverage
where {CHOSEN}
group by platform
order by platform
"""

COURSES = """
select
    courses.course_name,
    count(*) as missions,
    count(*) filter (courses.has_trained_focal_person) as missions_with_trained_officer
from mission_course_coverage as courses
inner join dim_mission on courses.mission_id = dim_mission.mission_id
where
    ($region::varchar is null or dim_mission.region = $region)
    and ($mission::varchar is null or dim_mission.mission_id = $mission)
group by courses.course_id, courses.course_name
order by courses.course_id
"""

FUNNEL = """
select
    course_name,
    start_date,
    nominated,
    attended,
    completed,
    certified,
    attended_share_of_nominated,
    completed_share_of_attended,
    certified_share_of_completed
from training_funnel
order by start_date, course_id
"""

GAINS = """
select
    course_name,
    start_date,
    officers,
    mean_pre_points,
    mean_post_points,
    mean_gain_points,
    mean_gain_points_lower,
    mean_gain_points_upper,
    standardised_mean_gain
from training_gain
order by start_date, course_id
"""

REFRESHERS = """
with officers as (

    select
        refresher_due.officer_id,
        refresher_due.is_due,
        dim_mission.mission_id,
        dim_mission.name as mission_name,
        dim_mission.region,
        count(*) over (partition by dim_mission.mission_id) >= $smallest_group as is_told_by_mission
    from refresher_due
    inner join dim_mission on refresher_due.mission_id = dim_mission.mission_id

),

groups as (

    -- A mission too small to be told by itself counts with the others of its region. Each officer is in one group,
    -- so that no two of them give a third by subtraction; and the filters choose among groups, never within one.
    select
        case when is_told_by_mission then mission_id end as mission_id,
        case when is_told_by_mission then mission_name end as mission_name,
        region,
        count(*) as trained_officers,
        count(*) filter (is_due) as refreshers_due,
        string_agg(officer_id, ', ' order by officer_id) filter (is_due) as officers_due
    from officers
    group by all

)

select
    mission_name,
    region,
    case when trained_officers >= $smallest_group then trained_officers end as trained_officers,
    case when trained_officers >= $smallest_group then refreshers_due end as refreshers_due,
    case when trained_officers >= $smallest_group then officers_due end as officers_due
from groups
where ($region::varchar is null or region = $region) and ($mission::varchar is null or mission_id = $mission)
order by region, mission_name nulls last
"""

EFFECTS = """
select
    outcome,
    outcome_label,
    verdict,
    sentence,
    missions_trained,
    missions_compared,
    mission_weeks,
    change_share,
    change_share_lower,
    change_share_upper,
    coalesce(reason, verdict) as finding,
    format('{:+.0f}%', 100 * change_share) as change,
    format('{:+.0f}%', 100 * change_share_lower) as lower,
    format('{:+.0f}%', 100 * change_share_upper) as upper,
    format('{:.3f}', pretrend_p_value) as p_value
from training_effect
order by outcome
"""

EFFECT_BY_WEEK = """
select
    weeks.outcome,
    training_effect.outcome_label,
    weeks.weeks_since_training,
    weeks.effect,
    weeks.effect_lower,
    weeks.effect_upper,
    weeks.missions
from training_effect_by_week as weeks
inner join training_effect on weeks.outcome = training_effect.outcome
order by weeks.outcome, weeks.weeks_since_training
"""


PARTS = ("training_now", "training_refreshers", "training_workshops", "training_effect")


def show(page: Page) -> None:
    # Only the open tab is asked for, sent and drawn: six charts at once keep a browser busy for seconds.
    now, refreshers, workshops, effect = st.tabs([page.words(part) for part in PARTS], key="part", bind="query-params")
    if now.open:
        with now:
            _coverage(page)
    if refreshers.open:
        with refreshers:
            _refreshers(page)
    if workshops.open:
        with workshops:
            _series(page)
            _funnel(page)
            _gains(page)
    if effect.open:
        with effect:
            _effect(page)


def _series(page: Page) -> None:
    series = page.query(SERIES)
    told = series.drop_nulls("trained_officers_so_far")
    last = told.row(-1, named=True) if told.height else dict.fromkeys(told.columns)
    shape = alt.Chart(series).encode(x=alt.X("start_date:T", title=page.words("series_x")))
    page.show(
        "series",
        title=page.words(
            "series_title",
            courses=number(series.height),
            officers=number(last["trained_officers_so_far"]),
            missions=number(last["missions_so_far"]),
            since=day(series.select(pl.min("start_date")).item()),
        ),
        note=page.words("series_note", smallest=_smallest()),
        table=series,
        chart=shape.mark_line(color=BLUE, point=True).encode(
            y=alt.Y("trained_officers_so_far:Q", title=page.words("series_y")),
            tooltip=tooltips(
                "course_name", "start_date:T", "trained_officers", "trained_officers_so_far", "missions_so_far"
            ),
        )
        + shape.mark_bar(color=GREY, size=6).encode(y="trained_officers:Q"),
    )


def _coverage(page: Page) -> None:
    coverage = page.query(COVERAGE)
    states = [page.words(f"coverage_{state}") for state in ("up_to_date", "due", "nobody")]
    coverage = coverage.with_columns(
        pl.when("has_up_to_date_focal_person")
        .then(pl.lit(states[0]))
        .when("has_trained_focal_person")
        .then(pl.lit(states[1]))
        .otherwise(pl.lit(states[2]))
        .alias("state")
    )
    trained = coverage["has_trained_focal_person"].sum()
    points = (
        alt.Chart(coverage.drop_nulls("latitude"))
        .mark_point(size=70, filled=True, opacity=0.9)
        .encode(
            longitude=alt.Longitude("longitude:Q"),
            latitude=alt.Latitude("latitude:Q"),
            color=alt.Color("state:N", title=None).scale(domain=states, range=[BLUE, AMBER, ORANGE]),
            shape=alt.Shape("state:N", title=None).scale(domain=states, range=["circle", "square", "triangle-up"]),
            tooltip=tooltips(
                "mission_name", "region", "state", "officers_posted", "trained_officers", "refreshers_due"
            ),
        )
    )
    page.show(
        "coverage",
        title=page.words(
            "coverage_title",
            trained=number(trained),
            missions=number(coverage.height),
            nobody=number(coverage.height - trained),
        ),
        note=page.words("coverage_note", smallest=_smallest()),
        table=coverage.drop("latitude", "longitude"),
        chart=(land() + points).project("equalEarth").properties(height=380).configure_legend(orient="bottom"),
    )
    platforms = page.query(PLATFORMS).with_columns(pl.col("platform").replace(PLATFORM_NAMES))
    page.show(
        "coverage-by-platform",
        title=page.words("coverage_platforms_title"),
        note=page.words("coverage_platforms_note"),
        table=platforms,
    )
    courses = page.query(COURSES)
    last = courses.row(-1, named=True) if courses.height else dict.fromkeys(courses.columns)
    page.show(
        "coverage-by-course",
        title=page.words(
            "coverage_courses_title",
            trained=number(last["missions_with_trained_officer"]),
            missions=number(last["missions"]),
        ),
        note=page.words("coverage_courses_note"),
        table=courses,
    )


def _funnel(page: Page) -> None:
    funnel = page.query(FUNNEL)
    stages = {stage: page.words(f"funnel_{stage}") for stage in ("nominated", "attended", "completed", "certified")}
    told = funnel.drop_nulls("certified")
    last = told.row(-1, named=True) if told.height else dict.fromkeys(funnel.columns)
    page.show(
        "funnel",
        title=page.words(
            "funnel_title",
            course=last["course_name"] or day(last["start_date"]),
            **{stage: number(last[stage]) for stage in stages},
        ),
        note=page.words("funnel_note", smallest=_smallest()),
        table=funnel,
        chart=alt.Chart(funnel.rename(stages))
        .transform_fold(list(stages.values()), ["stage", "officers"])
        .mark_line(point=True)
        .encode(
            x=alt.X("start_date:T", title=page.words("series_x")),
            y=alt.Y("officers:Q", title=page.words("funnel_y")),
            color=alt.Color("stage:N", title=None, sort=list(stages.values())).scale(
                domain=list(stages.values()), range=[GREY, BLUE, AMBER, GREEN]
            ),
            strokeDash=alt.StrokeDash("stage:N", title=None, sort=list(stages.values())),
            tooltip=tooltips("course_name:N", "stage:N", "officers:Q"),
        )
        .configure_legend(orient="bottom"),
    )


def _gains(page: Page) -> None:
    gains = page.query(GAINS)
    told = gains.drop_nulls("mean_gain_points_lower")
    base = alt.Chart(gains).encode(x=alt.X("start_date:T", title=page.words("series_x")))
    page.show(
        "gains",
        title=page.words(
            "gains_title", above=number((told["mean_gain_points_lower"] > 0).sum()), told=number(told.height)
        ),
        note=page.words("gains_note", smallest=_smallest()),
        table=gains,
        chart=base.mark_rule(color=BLUE, strokeWidth=2).encode(
            y=alt.Y("mean_gain_points_lower:Q", title=page.words("gains_y")), y2="mean_gain_points_upper:Q"
        )
        + base.mark_point(color=BLUE, filled=True, size=60).encode(
            y="mean_gain_points:Q",
            tooltip=tooltips(
                "course_name", "officers", "mean_gain_points", "mean_gain_points_lower", "mean_gain_points_upper"
            ),
        ),
    )


def _refreshers(page: Page) -> None:
    groups = page.query(REFRESHERS, smallest_group=_smallest()).with_columns(
        pl.col("mission_name").fill_null(page.words("refreshers_others"))
    )
    due, trained = groups.select(pl.sum("refreshers_due", "trained_officers")).row(0)
    page.show(
        "refreshers",
        title=page.words(
            "refreshers_title",
            due=number(due),
            trained=number(trained),
            share=share(due / trained if trained else None),
        ),
        note=page.words("refreshers_note", smallest=_smallest()),
        table=groups,
    )


def _effect(page: Page) -> None:
    effects = _outcomes_named(page, page.query(EFFECTS))
    told = ("finding", "change", "lower", "upper", "p_value")
    values = {name: pl.col(name) for name in (*told, "outcome_label")}
    values |= {name: pl.col(f"missions_{name}").cast(pl.String) for name in ("trained", "compared")}
    sentence = page.words.retold("effects", "finding", "sentence", **values)
    effects = effects.with_columns(sentence=sentence, verdict=page.words.retold("verdicts", "verdict", "verdict"))
    with st.container(border=True, key="chart-effect"):
        heading(page.words("effect_title"))
        plain(page.words("effect_note"), "note")
        for effect in effects.iter_rows(named=True):
            plain(f"{effect['outcome_label']}: {effect['sentence']}", "data")
        plain(page.words("effect_numbers_note"), "note")
        table_below(page.words, "effect-numbers", effects.drop("sentence", *told))
    weeks = _outcomes_named(page, page.query(EFFECT_BY_WEEK))
    base = alt.Chart(weeks).encode(x=alt.X("weeks_since_training:Q", title=page.words("effect_weeks_x")))
    chart = base.mark_rule(color=BLUE).encode(
        y=alt.Y("effect_lower:Q", title=page.words("effect_weeks_y")), y2="effect_upper:Q"
    ) + base.mark_point(color=BLUE, filled=True).encode(
        y="effect:Q", tooltip=tooltips("weeks_since_training", "missions")
    )
    page.show(
        "effect-by-week",
        title=page.words("effect_weeks_title"),
        note=page.words("effect_weeks_note"),
        table=weeks,
        chart=chart.facet(facet=alt.Facet("outcome_label:N", title=None), columns=1).resolve_scale(y="independent"),
    )


def _outcomes_named(page: Page, table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(outcome_label=page.words.retold("outcomes", "outcome", "outcome_label"))


def _smallest() -> int:
    return project_vars()["smallest_group"]
