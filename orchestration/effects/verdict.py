"""What an estimate bears, in one word and one plain sentence; and why, when it bears nothing."""

from dataclasses import dataclass
from enum import StrEnum

SMALLEST_CHANGE = 0.10
"""The smallest change, as a share, that would matter to the ministry. An interval within it says that nothing changed;
one that holds both nothing and this much says nothing at all."""

PRETREND_LEVEL = 0.05
"""Below this p-value the weeks before training already differed."""


class Verdict(StrEnum):
    RISES = "rises"
    FALLS = "falls"
    NO_CHANGE = "no change seen"
    CANNOT_TELL = "cannot tell"


class Reason(StrEnum):
    """Why it cannot be told."""

    NOBODY_TRAINED = "nobody trained"
    NOTHING_VARIES = "nothing varies"
    TOO_FEW_TRAINED = "too few trained missions"
    NO_COMPARISON = "no comparison missions"
    TOO_FEW_COMPARED = "too few comparison missions"
    TREND_UNCHECKED = "trend before training not checkable"
    TREND_BEFORE = "trend before training"
    TOO_WIDE = "interval too wide"


@dataclass(frozen=True)
class Change:
    """A change against what was to be expected without training, as a share, with its 95 % interval."""

    value: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.value:+.0%} (95% interval {self.lower:+.0%} to {self.upper:+.0%})"


@dataclass(frozen=True)
class Finding:
    verdict: Verdict
    sentence: str
    reason: Reason | None = None


def cannot_tell(reason: Reason, because: str) -> Finding:
    return Finding(Verdict.CANNOT_TELL, f"Cannot tell: {because}.", reason)


def judge(
    label: str,
    lower: float,
    upper: float,
    change: Change | None,
    pretrend_p_value: float | None,
    trained: int,
    compared: int,
) -> Finding:
    """The verdict on an interval from ``lower`` to ``upper`` in the outcome's own scale.

    ``change`` is the same as a share; None where nothing was to be expected without training. ``trained`` and
    ``compared`` count missions.
    """
    missions = f"in {trained} trained missions, against {compared} not trained at the time"
    if pretrend_p_value is None:
        return cannot_tell(
            Reason.TREND_UNCHECKED,
            f"the weeks before training are too few to check whether {label} moved alike in missions trained and not",
        )
    if pretrend_p_value < PRETREND_LEVEL:
        return cannot_tell(
            Reason.TREND_BEFORE,
            f"{label} of the trained missions already moved otherwise than those of the rest in the weeks before "
            f"training (p = {pretrend_p_value:.3f}), so what came after cannot be put down to it",
        )
    amount = change or "by an amount that has no base to be a share of"
    if lower > 0:
        return Finding(Verdict.RISES, f"After training {label} rose: {amount} {missions}.")
    if upper < 0:
        return Finding(Verdict.FALLS, f"After training {label} fell: {amount} {missions}.")
    if change is not None and change.lower > -SMALLEST_CHANGE and change.upper < SMALLEST_CHANGE:
        return Finding(
            Verdict.NO_CHANGE,
            f"No change of {label} seen: {change} {missions}; a change of {SMALLEST_CHANGE:.0%} can be ruled out.",
        )
    return cannot_tell(
        Reason.TOO_WIDE,
        f"the change of {label}, {amount} {missions}, may be nothing and may be {SMALLEST_CHANGE:.0%} or more; "
        "more weeks or missions narrow it",
    )
