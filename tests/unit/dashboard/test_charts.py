import csv
import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts import as_written, csv_of

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def test_a_formula_is_exported_as_text_and_a_negative_number_as_a_number():
    table = pl.DataFrame({"text": ["=1+1", "-2", "@SUM(A1)", "plain", None], "gained": [-5, 0, None, 7, 1]})
    assert csv_of(table).decode("utf-8-sig") == "text,gained\n'=1+1,-5\n'-2,0\n'@SUM(A1),\nplain,7\n,1\n"


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1))
def test_no_exported_cell_begins_as_a_formula_and_every_text_can_be_read_back(texts):
    exported = csv_of(pl.DataFrame({"text": texts, "n": 1})).decode("utf-8-sig")
    cells = [row[0] for row in csv.reader(io.StringIO(exported, newline=""))][1:]
    assert not [cell for cell in cells if cell.startswith(FORMULA_STARTS)]
    assert cells == [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in texts]


def test_markdown_and_markup_in_a_title_are_escaped():
    assert as_written("**a** <b> [x](javascript:1) :red[y]") == (r"\*\*a\*\* \<b\> \[x\]\(javascript\:1\) \:red\[y\]")
