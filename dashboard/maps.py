"""The shape of the land, from Natural Earth's file beside this module: no map is loaded from anywhere."""

import json
from functools import cache
from pathlib import Path

import altair as alt

LAND = Path(__file__).parent / "static" / "land-110m.json"


@cache
def _shapes() -> dict:
    return json.loads(LAND.read_text(encoding="utf-8"))


def land() -> alt.Chart:
    """The land in pale grey, to lay points on."""
    shapes = alt.InlineData(values=_shapes(), format=alt.DataFormat(type="topojson", feature="land"))
    return alt.Chart(shapes).mark_geoshape(fill="#e8ecef", stroke="#aab4bd", strokeWidth=0.5)
