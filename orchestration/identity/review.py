"""The file of pairs that only a person can tell: ``left, right, evidence, score, answer``.

A person writes ``same`` or ``different`` under ``answer``; the next run obeys and keeps the row for good. Rows
without an answer are written anew by each run. Keys are those of the mentions, so they outlive a run. The file names
people: only its owner may read it.
"""

import csv
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from orchestration.files import replacing
from orchestration.identity.linkage import Answer, Doubt, pair_of

COLUMNS = ("left", "right", "evidence", "score", "answer")


class UnreadableReview(Exception):
    """The review file cannot be obeyed; the message names file, line and what to do."""


def read_answers(path: Path) -> dict[tuple[str, str], Answer]:
    """What a person answered, by the pair's keys in order; nothing where there is no file. Raises UnreadableReview
    for another header, for an answer that is none, and for two answers that contradict each other. What a cell holds is
    not repeated: somebody may have written a name there."""
    answers: dict[tuple[str, str], Answer] = {}
    for line, row in _rows(path):
        word = row["answer"].strip().lower()
        if not word:
            continue
        if word not in set(Answer):
            raise UnreadableReview(f"{path}, line {line}: the answer is neither same nor different; mend it")
        pair = pair_of(row["left"], row["right"])
        if answers.setdefault(pair, Answer(word)) != word:
            raise UnreadableReview(f"{path}, line {line}: the pair was answered otherwise above; keep one answer")
    return answers


def write_review(path: Path, doubts: Iterable[Doubt]) -> None:
    """Answered rows as they stand, then the open doubts; the whole file at once. Raises UnreadableReview."""
    answers = read_answers(path)
    kept = [row for _, row in _rows(path) if row["answer"].strip()]
    opened = [
        {"left": d.left, "right": d.right, "evidence": d.evidence, "score": f"{d.score:.1f}", "answer": ""}
        for d in doubts
        if (d.left, d.right) not in answers
    ]
    _write(path, [*kept, *opened])


def open_questions(path: Path) -> list[dict[str, str]]:
    """The rows that wait for an answer, surest first. Raises UnreadableReview."""
    return [row for _, row in _rows(path) if not row["answer"].strip()]


def answer(path: Path, left: str, right: str, word: Answer) -> dict[str, str]:
    """Write the answer to the open question about two keys, or the beginnings of keys. Gives the answered row. Raises
    UnreadableReview where no question, or more than one, is meant."""
    rows = [row for _, row in _rows(path)]
    asked = [
        row
        for row in rows
        if not row["answer"].strip()
        and any(row["left"].startswith(one) and row["right"].startswith(other) for one, other in _either(left, right))
    ]
    if len(asked) != 1:
        many = "no open question is" if not asked else f"{len(asked)} open questions are"
        raise UnreadableReview(f"{path}: {many} about {left} and {right}; `sifarat review` lists them")
    asked[0]["answer"] = word.value
    _write(path, rows)
    return asked[0]


def forget(path: Path, keys: Collection[str], names: re.Pattern | None = None) -> int:
    """Remove the rows about mentions of these keys, or whose evidence says one of the names. Gives their number."""
    rows = [row for _, row in _rows(path)]
    kept = [
        row
        for row in rows
        if row["left"] not in keys and row["right"] not in keys and not (names and names.search(row["evidence"]))
    ]
    if len(kept) < len(rows):
        _write(path, kept)
    return len(rows) - len(kept)


def _either(left: str, right: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (left, right), (right, left)


def _write(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with replacing(path) as written, written.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restval="")
        try:
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise UnreadableReview(
                    f"{path}: the first line must be {','.join(COLUMNS)}; mend it or remove the file"
                )
            return [(reader.line_num, {column: row[column] for column in COLUMNS}) for row in reader]
        except UnicodeDecodeError:
            raise UnreadableReview(f"{path}: not in UTF-8; save it as `CSV UTF-8`, or remove the file") from None
        except csv.Error as error:
            raise UnreadableReview(f"{path}, line {reader.line_num}: {error}; mend it or remove the file") from None
