"""A chart with its finding as the title, its units and time zone, a table of the same numbers, and their CSV file."""

import altair as alt
import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.language import MISSING, Words

BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER, GREY = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#555555",
)
"""Okabe and Ito's palette, which colour-blind people tell apart (jfly.uni-koeln.de/color); config.toml has it too."""

FORMULA_STARTS = r"^[=+\-@\t\r\n＝＋－＠]"
"""What makes a spreadsheet take a cell for a formula (owasp.org/www-community/attacks/CSV_Injection)."""


def csv_of(table: pl.DataFrame) -> bytes:
    """The table as CSV that Excel opens as UTF-8, with no text that a spreadsheet would run as a formula.

    Such a text gets an apostrophe before it. Numbers are numbers, negative ones too; what is missing is empty.
    """
    texts = [pl.col(name) for name, kind in table.schema.items() if kind == pl.String]
    harmless = table.with_columns(
        pl.when(text.str.contains(FORMULA_STARTS)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).name.keep()
        for text in texts
    )
    return harmless.write_csv(include_bom=True).encode()


def show(
    words: Words,
    key: str,
    *,
    title: str,
    note: str,
    table: pl.DataFrame,
    chart: alt.Chart | alt.LayerChart | alt.FacetChart | None = None,
) -> None:
    """Show a finding. ``note`` tells units, denominators and time zone; without a ``chart`` the table stands open."""
    with st.container(border=True, key=f"chart-{key}"):
        heading(title)
        plain(note, "note")
        if table.is_empty():
            if chart is not None:
                plain(words("no_rows"), "note")
            return
        if chart is None:
            table_and_csv(words, key, table)
        else:
            st.altair_chart(chart, key=f"plot-{key}", alt=f"{title}. {note}")
            table_below(words, key, table)


def table_below(words: Words, key: str, table: pl.DataFrame) -> None:
    """The rows below what they make; until somebody opens them they are neither sent nor drawn, which halves a page."""
    below = st.expander(words("table_and_csv"), key=f"below-{key}", on_change="rerun")
    if below.open:
        with below:
            table_and_csv(words, key, table)


def table_and_csv(words: Words, key: str, table: pl.DataFrame) -> None:
    """The rows themselves; an address can be followed where it is one of the web."""
    if "url" in table.columns:
        shown = table.with_columns(url=pl.when(pl.col("url").str.starts_with("https://")).then("url"))
    else:
        shown = table
    columns = {name: _column(words.known(f"col_{name}", name), kind, name) for name, kind in table.schema.items()}
    st.dataframe(shown, hide_index=True, column_config=columns, key=f"table-{key}", placeholder=MISSING, alt=key)
    st.download_button(
        words("download_csv"), csv_of(table), f"sifarat-{key}.csv", "text/csv", key=f"csv-{key}", on_click="ignore"
    )


def _column(label: str, kind: pl.DataType, name: str) -> ColumnConfig | str:
    if kind.is_integer():
        return st.column_config.NumberColumn(label, format="localized")
    if kind.is_float():
        is_share = "share" in name or name in SHARES
        return st.column_config.NumberColumn(label, format="percent" if is_share else "%.1f")
    if name in LINKS:
        return st.column_config.LinkColumn(label, display_text=LINKS[name])
    if kind == pl.Date:
        return st.column_config.DateColumn(label, format="YYYY-MM-DD")
    if isinstance(kind, pl.Datetime):
        return st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm")
    return label


SHARES = {"engagement_rate_by_followers", "score"}
"""Columns that are read as percentages, besides those named shares."""

LINKS = {"url": None, "run_link": r"runs/(.{8})", "lineage_link": r"assets/(.*)\?"}
"""Columns that hold an address, and which part of it is shown; None is the whole."""


def figures(figures: list[tuple[str, str, str]]) -> None:
    """Label, value and denominator of a few numbers, side by side where there is room."""
    with st.container(horizontal=True, key=unique("figures")):
        for label, value, note in figures:
            with st.container(border=True, width=FIGURE_WIDTH, key=unique("figure")):
                st.metric(as_written(label), value)
                plain(note, "note")


FIGURE_WIDTH = 172
"""Pixels: four side by side at 1280 pixels, two at 390."""


def bars(table: pl.DataFrame, *, value: str, label: str, value_title: str, height: int | None = None) -> alt.Chart:
    """Horizontal bars, the longest first, in one colour: the length tells, not the colour."""
    return (
        alt.Chart(table)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(f"{value}:Q", title=value_title),
            y=alt.Y(f"{label}:N", sort="-x", title=None, axis=alt.Axis(labelLimit=190)),
            tooltip=tooltips(*table.columns),
        )
        .properties(height=height or alt.Step(24))
    )


def line(table: pl.DataFrame, *, value: str, value_title: str, day: str = "activity_date") -> alt.Chart:
    """A line by day; a day on which nothing was told is a gap."""
    return (
        alt.Chart(table)
        .mark_line(color=BLUE, point=True, invalid="break-paths-show-domains")
        .encode(
            x=alt.X(f"{day}:T", title=None, axis=alt.Axis(format="%d %b", labelOverlap=True)),
            y=alt.Y(f"{value}:Q", title=value_title),
            tooltip=tooltips(*table.columns),
        )
        .properties(height=260)
    )


def tooltips(*columns: str) -> list[alt.Tooltip]:
    """What a mark tells when it is pointed at. Made here: of bare names altair reckons what they are, at every run."""
    return [alt.Tooltip(column) for column in columns]


def land() -> alt.Chart:
    """Coasts without borders, which are not this dashboard's to draw; from Natural Earth's file in static/."""
    world = alt.Data(url="app/static/land-110m.json", format=alt.TopoDataFormat(feature="land", type="topojson"))
    return alt.Chart(world).mark_geoshape(aria=False, fill="#e3e8ed", stroke="#9aa5b1", strokeWidth=0.5)


def heading(text: str) -> None:
    """A title with data in it: whatever reads as Markdown is shown as it is written."""
    st.subheader(as_written(text), anchor=False)


def plain(text: str, kind: str) -> None:
    """Text exactly as it is, never as Markdown or HTML; ``kind`` names its style in style.css."""
    with st.container(key=unique(kind)):
        st.text(text, width="stretch")


def unique(kind: str) -> str:
    """A key for one more element of a kind on this run; style.css matches its beginning."""
    counts = st.session_state.setdefault("_elements", {})
    counts[kind] = counts.get(kind, 0) + 1
    return f"{kind}-{counts[kind]}"


def as_written(text: str) -> str:
    """Escaped for Streamlit's Markdown."""
    return "".join(f"\\{character}" if character in MARKDOWN else character for character in text)


MARKDOWN = set("\\`*_{}[]()<>#+-.!|~$:&=^\"'")
