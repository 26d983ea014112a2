"""Who is who: mentions of people in all training records, linked before anything is modelled."""

import dagster as dg

from orchestration.defs.landed import key_of, landed_spec
from orchestration.defs.resources import Feeds
from orchestration.identity.mentions import PLACES
from orchestration.identity.people import PEOPLE, link_landed
from orchestration.sources.meetings import listed

CHECK = "questions_are_answered"
TOLD = "Every question of who is who is answered, and the review file can be obeyed."


@dg.multi_asset(
    name="identity__people",
    specs=[
        landed_spec(
            PEOPLE,
            group="identity",
            kind="python",
            deps=[dg.AssetKey(place.table.split(".")) for place in PLACES],
        )
    ],
    check_specs=[dg.AssetCheckSpec(CHECK, asset=key_of(PEOPLE), description=TOLD)],
)
def people(context: dg.AssetExecutionContext, feeds: Feeds):
    """Link every mention to a person. A review file that cannot be read costs the night its new answers, not the
    night: the people of the last good one stand, mentions that are new since go by number, e-mail or name alone, and
    the check says what to mend."""
    path = feeds.settings.review
    outcome = link_landed(feeds.landing(), path, listed(feeds.settings.lrs_home_pages))
    if outcome.fault:
        told = f"{outcome.fault}. The people of the last linkage stand until then."
    elif outcome.open_questions:
        told = f"{outcome.open_questions:,} questions are open in {path}; `sifarat review` lists them"
    else:
        told = ""
    if outcome.fault:
        context.log.warning("%s", told)
    yield dg.MaterializeResult(
        asset_key=key_of(PEOPLE),
        metadata={
            "dagster/row_count": sum(outcome.mentions_by_method.values()),
            "people": outcome.people,
            **{f"linked by {method}": number for method, number in outcome.mentions_by_method.items()},
            "open questions": outcome.open_questions,
            "is new": outcome.receipt is not None,
        },
    )
    yield dg.AssetCheckResult(
        asset_key=key_of(PEOPLE),
        check_name=CHECK,
        passed=not told,
        severity=dg.AssetCheckSeverity.WARN,
        description=told or TOLD,
        metadata={"open questions": outcome.open_questions, "file": dg.MetadataValue.path(str(path))},
    )
