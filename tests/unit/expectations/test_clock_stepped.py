"""The clock is set back after a publication: what is landed then is audited all the same."""

from datetime import UTC, date, datetime, timedelta

from expectations.landing import is_new
from orchestration.contracts import Contract, key
from orchestration.landing import Batch, Landing

POSTS = Contract("x", "posts", (key("id"),))


def test_what_is_landed_after_the_clock_was_set_back_is_new(tmp_path):
    landing = Landing(tmp_path / "landing", is_synthetic=True)
    now = datetime.now(UTC)
    landing.write(Batch(POSTS, "one", "x", now, date(2026, 1, 2), POSTS.from_payloads(['{"id":"1"}']), True))
    assert is_new(landing.root, "x.posts", now - timedelta(hours=1))
    assert not is_new(landing.root, "x.posts", datetime.now(UTC))
    assert is_new(landing.root, "x.posts", now + timedelta(hours=1))
