"""How far from what was expected something must be to be an alert: one bar per kind and span of days.

Chosen on the months that ``benchmarks/alerts.py --chosen`` prints, which are others than the hundred that it scores.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """``score``: spreads above (below, if negative) the centre; of a silence, times the longest quiet of the weeks
    before, and of a wave, times the largest. ``ratio``: times what was expected. ``size``: the least difference from
    it, in the metric's unit; of replies and waves, how many there must be. All three must be passed. ``span``: days
    that are judged as one."""

    kind: str
    metric: str
    score: float
    ratio: float
    size: float
    span: int = 1


BARS = (
    Bar("engagement_high", "engagements_gained", 4.25, 10.0, 300),
    Bar("engagement_low", "engagements_gained", -5.5, 0.2, 100, span=4),
    Bar("post_spreading", "engagements", 4.75, 8.0, 100),
    Bar("silence", "posts", 1.0, 0.0, 9),
    Bar("follower_loss", "followers", -6.0, 0.98, 50, span=1),
    Bar("follower_loss", "followers", -6.0, 0.975, 50, span=3),
    Bar("reply_share_high", "reply_share", 3.75, 2.5, 15, span=1),
    Bar("reply_share_high", "reply_share", 3.75, 2.5, 15, span=2),
    Bar("near_identical_wave", "posts", 1.3, 0.0, 10),
)


def bars(kind: str) -> tuple[Bar, ...]:
    return tuple(bar for bar in BARS if bar.kind == kind)
