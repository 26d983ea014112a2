"""How far from what was expected something must be to be an alert: one bar per kind and span of days.

Chosen on the simulated ministries of ``benchmarks/alerts.py --choose``, which are others than those it scores.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """``score``: spreads above (below, if negative) the centre; ``ratio``: times what was expected; ``size``: the
    least difference, in the metric's own unit. All three must be passed. ``span``: days that are judged as one."""

    kind: str
    metric: str
    score: float
    ratio: float
    size: float
    span: int = 1


BARS = (
    Bar("engagement_high", "engagements_gained", 5.0, 2.5, 200, span=1),
    Bar("engagement_high", "engagements_gained", 5.0, 2.5, 200, span=3),
    Bar("engagement_low", "engagements_gained", -6.0, 0.25, 100, span=4),
    Bar("post_spreading", "engagements", 4.75, 8.0, 150),
    Bar("silence", "posts", 1.0, 0.0, 8.5),
    Bar("follower_loss", "followers", -6.0, 0.98, 50, span=1),
    Bar("follower_loss", "followers", -6.0, 0.975, 50, span=3),
    Bar("reply_share_high", "reply_share", 4.0, 1.5, 15, span=1),
    Bar("reply_share_high", "reply_share", 4.0, 1.5, 15, span=2),
    Bar("near_identical_wave", "posts", 1.0, 1.4, 8),
)


def bars(kind: str) -> tuple[Bar, ...]:
    return tuple(bar for bar in BARS if bar.kind == kind)
