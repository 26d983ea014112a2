"""The questions that analysts ask most, each a query of the published marts in ``dbt_project/analyses``.

A file begins with three kinds of comment: the question with its number, the grain of the answer, and its columns.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.dbt import DBT_PROJECT_DIR

ANALYSES = DBT_PROJECT_DIR / "analyses"
HEAD = re.compile(
    r"-- (?P<number>\d+)\. (?P<asks>.+)\n(?P<grain>(?:-- .+\n)+)-- columns: (?P<columns>.+(?:\n--   .+)*)\n"
)


@dataclass(frozen=True)
class Question:
    path: Path
    number: int
    asks: str
    grain: str
    columns: tuple[str, ...]
    sql: str


def questions() -> list[Question]:
    """All of them, by number. Raises ValueError for a file whose head is not as described above."""
    return sorted(map(read_question, ANALYSES.glob("*.sql")), key=lambda question: question.number)


def read_question(path: Path) -> Question:
    sql = path.read_text(encoding="utf-8")
    head = HEAD.match(sql)
    if head is None:
        raise ValueError(
            f"{path}: must begin with `-- <number>. <question>`, then `-- <grain>`, then `-- columns: <a>, <b>`"
        )
    return Question(
        path,
        int(head["number"]),
        head["asks"],
        " ".join(re.sub(r"^-- ", "", line) for line in head["grain"].splitlines()),
        tuple(re.findall(r"\w+", head["columns"])),
        sql,
    )
