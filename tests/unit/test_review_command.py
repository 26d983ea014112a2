"""`sifarat review`: open questions are listed and answered, and a broken file is told in one message."""

import pytest
from click.testing import CliRunner

from orchestration.cli import sifarat
from orchestration.identity.linkage import Doubt
from orchestration.identity.review import open_questions, read_answers, write_review

LEFT, RIGHT = "a" * 32, "b" * 32


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.setenv("SIFARAT_DATA_DIR", str(tmp_path))
    path = tmp_path / "identity" / "review.csv"
    write_review(path, [Doubt(LEFT, RIGHT, "A. Siddiqui; Amara Siddiqui", -0.7)])
    return path


def run(*arguments: str):
    return CliRunner().invoke(sifarat, ["review", *arguments], env={"COLUMNS": "200"})


def test_a_question_is_listed_answered_by_shortened_keys_and_open_no_more(review):
    assert "A. Siddiqui; Amara Siddiqui" in run().output
    answered = run("answer", RIGHT[:8], LEFT[:8], "same")
    assert (answered.exit_code, "The next night obeys" in answered.output) == (0, True)
    assert (open_questions(review), list(read_answers(review).values())) == ([], ["same"])
    assert "No question is open" in run().output


def test_an_answer_to_no_question_and_a_broken_file_are_told_in_one_message(review):
    unknown = run("answer", "c" * 8, "d" * 8, "same")
    assert (unknown.exit_code, "no open question is about" in unknown.output) == (1, True)
    review.write_text("left,right\n")
    broken = run()
    assert (broken.exit_code, "the first line must be left,right" in broken.output) == (1, True)
    assert "Traceback" not in unknown.output + broken.output
