"""What a page is given: whose eyes it serves, what they chose, and one way to ask the publication."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import streamlit as st

from dashboard import charts
from dashboard.access import Scope
from dashboard.filters import PLATFORM_NAMES, Filters
from dashboard.language import RIGHT_TO_LEFT_TEXTS, Words
from dashboard.publication import Published

SHOWN_OF_A_TEXT = 600
LETTERS_OF_URDU = set("ٹڈڑںے")


@dataclass(frozen=True)
class Page:
    published: Published
    scope: Scope
    words: Words
    filters: Filters

    def query(self, sql: str, **more: object) -> pl.DataFrame:
        """Rows of one select over the views of the scope.

        ``$first_day``, ``$last_day``, ``$region``, ``$mission`` and ``$platform`` are what the filters chose.
        Answers are kept by publication, scope, query and parameters, so that no scope is shown another's.
        """
        return rows(self.published, self.scope, sql, {**self.filters.parameters, **more})

    def has(self, table: str) -> bool:
        return self.published.has(table)

    def post(self, post: Mapping[str, Any], key: str, note: str) -> None:
        """A post as it was written, plain text, from the right where its script is; whose it is, and a note on it.

        ``post`` has mission_name, platform, posted_at (UTC), text, text_language and url.
        """
        text, url = str(post["text"] or ""), str(post["url"] or "")
        # Until a model has read a post, its letters tell Urdu from the other languages of the script.
        language = post["text_language"] or ("ur" if LETTERS_OF_URDU & set(text) else None)
        kind = f"post-{language}" if language in RIGHT_TO_LEFT_TEXTS else "post-other"
        with st.container(border=True, key=f"card-{key}"):
            platform = PLATFORM_NAMES.get(post["platform"], post["platform"])
            charts.plain(f"{post['mission_name']} · {platform} · {post['posted_at']:%Y-%m-%d %H:%M} UTC", "note")
            with st.container(key=f"{kind}-{key}"):
                st.text(_shortened(text) if text.strip() else self.words("post_without_text"), width="stretch")
            charts.plain(note, "fact")
            if url.startswith("https://"):
                label = self.words("open_post")
                st.link_button(label, url, type="tertiary", icon=":material/open_in_new:", key=f"open-{key}")

    def named(self, table: pl.DataFrame, column: str) -> pl.DataFrame:
        """The table with a column's codes in words, such as languages; a code without a phrase stays as it is."""
        names = {code: self.words.known(f"{column}_{code}", code) for code in table[column].drop_nulls().unique()}
        return table.with_columns(pl.col(column).replace(names))

    def show(self, key: str, **what) -> None:
        charts.show(self.words, key, **what)


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_OF_A_TEXT else text[:SHOWN_OF_A_TEXT] + " …"


def rows(published: Published, scope: Scope, sql: str, parameters: dict[str, object]) -> pl.DataFrame:
    used = {name: parameters[name] for name in sorted(set(re.findall(r"\$(\w+)", sql)))}
    return _rows(published, published.identity, scope, sql, used)


@st.cache_data(max_entries=2000, show_spinner=False)
def _rows(_published: Published, identity: tuple, scope: Scope, sql: str, parameters: dict) -> pl.DataFrame:
    return _published.query(scope, sql, parameters)
