"""The entry that ``sifarat dashboard`` serves: who is there, what is published, what is chosen, then the page."""

import gc
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import filters
from dashboard.access import EVERYTHING, AccessError, Scope, check_exposure, read_roles, scope_of
from dashboard.charts import as_written
from dashboard.language import LANGUAGES, Words, day
from dashboard.page import Page, rows
from dashboard.publication import Published, identity_of, open_published
from dashboard.views import accounts, content, data, missions, today, training
from orchestration.publication import Publications
from orchestration.settings import Settings, load_settings

HERE = Path(__file__).parent
PAGES = {
    "today": today,
    "missions": missions,
    "content": content,
    "accounts": accounts,
    "training": training,
    "data": data,
}


def main() -> None:
    settings = load_settings()
    st.session_state["_elements"] = {}
    st.set_page_config(page_title="Sifarat", page_icon=str(HERE / "static" / "icon.png"), layout="wide")
    with st.sidebar:
        language = st.segmented_control(
            "Language · زبان",
            list(LANGUAGES),
            default="en",
            required=True,
            format_func=LANGUAGES.__getitem__,
            key="lang",
            bind="query-params",
        )
    words = Words(language)
    st.html(HERE / "style.css")
    if words.is_right_to_left:
        st.html(HERE / "right_to_left.css")
    scope = _signed_in(settings, words)
    published, days = _current(settings, words)
    chosen = _filters(published, scope, words, days)
    page = Page(published, scope, words, chosen)
    views = [
        st.Page(partial(view.show, page), title=words(name), icon=view.ICON, url_path=name, default=name == "today")
        for name, view in PAGES.items()
    ]
    view = st.navigation(views)
    st.title(view.title, anchor=False)
    _tell_what_is_shown(settings, published, scope, words, days[1])
    view.run()
    _keep_what_is_loaded()


def _signed_in(settings: Settings, words: Words) -> Scope:
    """The scope of who is there. Without sign-in, which only this machine may open, it is everything."""
    sign_in = settings.dashboard_sign_in_file
    try:
        check_exposure(st.get_option("server.address"), has_sign_in=sign_in is not None)
        if sign_in is None:
            return EVERYTHING
        path = settings.dashboard_roles_file
        roles = _roles(path, path.stat().st_mtime_ns if path and path.exists() else 0)
    except AccessError as error:
        st.error(as_written(str(error)))
        st.stop()
    if not st.user.is_logged_in:
        st.title(words("title"), anchor=False)
        st.write(words("sign_in_why"))
        st.button(words("sign_in"), on_click=st.login, type="primary")
        st.stop()
    with st.sidebar:
        st.text(str(st.user.get("email") or ""))
        st.button(words("sign_out"), on_click=st.logout)
    scope = scope_of(st.user.to_dict(), roles)
    if scope is None:
        st.error(words("no_role"))
        st.stop()
    return scope


@st.cache_data(max_entries=1, show_spinner=False)
def _roles(path: Path | None, written: int) -> dict[str, Scope]:
    return read_roles(path)


@st.cache_resource(show_spinner=False)
def _keep_what_is_loaded() -> None:
    """Streamlit collects garbage after every run, and would look through all that was imported each time."""
    gc.freeze()


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(identity: tuple[str, int, int]) -> Published:
    return open_published(identity)


def _current(settings: Settings, words: Words) -> tuple[Published, tuple[date, date]]:
    """What is published, and the first and last day with data."""
    publications = Publications(settings.published_dir)
    identity = identity_of(publications)
    if identity is None:
        st.title(words("title"), anchor=False)
        st.info(words("nothing_published", command="`make nightly`"))
        st.stop()
    published = _opened(identity)
    if published.days is None:
        st.title(words("title"), anchor=False)
        st.info(words("nothing_landed", command="`make nightly`"))
        st.stop()
    return published, published.days


def _filters(published: Published, scope: Scope, words: Words, days: tuple[date, date]) -> filters.Filters:
    missions = rows(published, scope, "select mission_id, name, region from dim_mission order by name", {}).rows()
    platforms = rows(published, scope, "select distinct platform from dim_account order by platform", {})
    with st.sidebar:
        return filters.ask(words, missions, platforms["platform"].to_list(), days)


def _tell_what_is_shown(settings: Settings, published: Published, scope: Scope, words: Words, last_day: date) -> None:
    """Synthetic and stale data say so on every page, above every number."""
    if published.is_synthetic:
        st.warning(words("synthetic"), icon=":material/science:")
    age = (datetime.now(UTC).date() - last_day).days
    if age > settings.dashboard_stale_after_days:
        st.warning(words("stale", last_day=day(last_day), days=age), icon=":material/history:")
    if not scope.sees_everything:
        st.caption(as_written(words(f"scope_{scope.role}", of=scope.of)))


main()
