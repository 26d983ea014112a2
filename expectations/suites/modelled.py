"""Suites over the marts and the reconciliation: that the models lost nothing, doubled nothing and add up.

Queries see the whole warehouse: what one model says is held against what another says.
"""

from expectations.suite import Expect, Suite, at_least, between, in_order, never_null, no_row, unique

ENGAGEMENT_PARTS = ("reactions", "comments", "shares", "quotes", "saves")
METRICS = (*ENGAGEMENT_PARTS, "engagements", "impressions", "reach", "views", "clicks")


def _known(column: str, table: str, says: str) -> Expect:
    """The column's values, where given, are in the column of the same name of another mart."""
    return no_row(
        says,
        f"select audited.{column} from audited where audited.{column} is not null "
        f"and audited.{column} not in (select {column} from {table})",
    )


def _adds_up(says: str, left: str, right: str) -> Expect:
    """Two totals, each a query of one number, are the same."""
    return no_row(says, f"select 1 where ({left}) is distinct from ({right})")


def _pseudonyms(column: str) -> Expect:
    return no_row(
        f"{column} is a pseudonym and never a service number",
        f"select 1 from audited where not regexp_full_match({column}, 'officer-[0-9a-f]{{{{20}}}}')",
    )


_ENGAGEMENTS_ADD_UP = no_row(
    "engagements are the sum of reactions, comments, shares, quotes and saves, and empty only where all of them are",
    f"""
    select post_id
    from audited
    where engagements is distinct from case
        when coalesce({", ".join(ENGAGEMENT_PARTS)}) is not null
            then {" + ".join(f"coalesce({part}, 0)" for part in ENGAGEMENT_PARTS)}
    end
    """,
)

RECONCILIATION = Suite(
    "modelled",
    "quality.reconciliation",
    (
        unique("source", "table_name", "observed_date"),
        no_row(
            "what was received was landed, put into quarantine or repeated",
            "select 1 from audited where received is distinct from landed + quarantined + repeated",
        ),
        no_row(
            "as many records lie in the landing as its ledger tells",
            "select 1 from audited where landed is distinct from landed_rows",
        ),
        no_row(
            "as many records lie in quarantine as the ledger tells",
            "select 1 from audited where quarantined is distinct from quarantined_records",
        ),
        no_row(
            "every landed record stands in its fact or was superseded by a later one",
            "select 1 from audited where modelled is not null and landed_rows is distinct from modelled + superseded",
        ),
        no_row(
            "is_reconciled is true on every line",
            "select 1 from audited where not coalesce(is_reconciled, false)",
        ),
    ),
)

DIM_MISSION = Suite(
    "modelled",
    "marts.dim_mission",
    (
        *never_null("mission_id", "name", "region", "time_zone"),
        unique("mission_id"),
        no_row(
            "there is a mission 'unassigned' for what has no other",
            "select 1 where not exists (select 1 from audited where mission_id = 'unassigned')",
        ),
    ),
)

DIM_ACCOUNT = Suite(
    "modelled",
    "marts.dim_account",
    (
        *never_null("account_id", "valid_from_date", "mission_id", "platform"),
        unique("account_id", "valid_from_date"),
        in_order("valid_from_date", "valid_to_date", "warn"),
        _known("mission_id", "marts.dim_mission", "every account's mission is a known one"),
        no_row(
            "every account has one current version",
            "select account_id from audited group by account_id having count(*) filter (where is_current) != 1",
        ),
    ),
)

FCT_POST = Suite(
    "modelled",
    "marts.fct_post",
    (
        *never_null("post_id", "platform", "post_native_id", "account_id", "mission_id", "posted_at"),
        unique("post_id"),
        no_row(
            "post_id is the platform and its own id",
            "select post_id from audited where post_id is distinct from platform || ':' || post_native_id",
        ),
        *at_least(0, *METRICS),
        _ENGAGEMENTS_ADD_UP,
        in_order("first_observed_at", "last_observed_at"),
        in_order("posted_at", "deleted_at"),
        in_order("last_observed_at", "deleted_at"),
        _known("account_id", "marts.dim_account", "every post's account is a known one"),
        _known("mission_id", "marts.dim_mission", "every post's mission is a known one"),
        _adds_up(
            "there are as many posts as have metrics",
            "select count(*) from audited",
            "select count(distinct post_id) from marts.fct_post_metrics_daily",
        ),
    ),
)

FCT_POST_METRICS_DAILY = Suite(
    "modelled",
    "marts.fct_post_metrics_daily",
    (
        *never_null("post_id", "observed_date", "account_id", "mission_id"),
        unique("post_id", "observed_date"),
        *at_least(0, *METRICS),
        *at_least(1, "gain_span_days"),
        _ENGAGEMENTS_ADD_UP,
        _known("post_id", "marts.fct_post", "every post with metrics is a post"),
        no_row(
            "a gain counts as over a gap exactly where it spans more than a day",
            "select post_id from audited where is_gain_over_gap is distinct from (gain_span_days > 1)",
        ),
        no_row(
            "what a post gained over its days is what it has on the last of them",
            """
            select post_id
            from audited
            group by post_id
            having
                count(engagements) = count(*)
                and sum(engagements_gained) is distinct from max_by(engagements, observed_date)
            """,
        ),
    ),
)

FCT_ACCOUNT_DAILY = Suite(
    "modelled",
    "marts.fct_account_daily",
    (
        *never_null("account_id", "activity_date", "mission_id"),
        unique("account_id", "activity_date"),
        *at_least(0, "followers", "posts", "reposts"),
        _known("account_id", "marts.dim_account", "every account is a known one"),
        _known("mission_id", "marts.dim_mission", "every mission is a known one"),
        _adds_up(
            "posts and reposts of all days are the posts there are",
            "select coalesce(sum(posts) + sum(reposts), 0) from audited",
            "select count(*) from marts.fct_post",
        ),
        _adds_up(
            "engagements gained by accounts are those gained by posts",
            "select coalesce(sum(engagements_gained), 0) from audited",
            "select coalesce(sum(engagements_gained), 0) from marts.fct_post_metrics_daily",
        ),
    ),
)

ENGAGEMENT_BY_MISSION_MONTHLY = Suite(
    "modelled",
    "marts.engagement_by_mission_monthly",
    (
        *never_null("mission_id", "month_start_date"),
        unique("mission_id", "month_start_date"),
        *at_least(
            0,
            "posts",
            "engagements",
            "engagement_rate_by_followers",
            "engagement_rate_by_reach",
            "engagement_rate_by_impressions",
        ),
        *(
            between(f"engagement_rate_by_{denominator}", 0, 1, "warn")
            for denominator in ("followers", "reach", "impressions")
        ),
        _known("mission_id", "marts.dim_mission", "every mission is a known one"),
        _adds_up(
            "posts and reposts of all missions and months are the posts there are",
            "select coalesce(sum(posts) + sum(reposts), 0) from audited",
            "select count(*) from marts.fct_post",
        ),
        _adds_up(
            "engagements of all missions and months are those of the posts",
            "select coalesce(sum(engagements), 0) from audited",
            "select coalesce(sum(engagements), 0) from marts.fct_post",
        ),
    ),
)

DIM_OFFICER = Suite(
    "modelled",
    "marts.dim_officer",
    (
        *never_null("officer_id", "mission_id"),
        unique("officer_id"),
        _pseudonyms("officer_id"),
        _known("mission_id", "marts.dim_mission", "every officer's mission is a known one"),
    ),
)

FCT_REGISTRATION = Suite(
    "modelled",
    "marts.fct_registration",
    (
        *never_null("course_id", "officer_id", "mission_id"),
        unique("course_id", "officer_id"),
        _pseudonyms("officer_id"),
        _known("officer_id", "marts.dim_officer", "every officer is a known one"),
        _known("course_id", "marts.dim_course", "every course is a known one"),
    ),
)

FCT_ASSESSMENT = Suite(
    "modelled",
    "marts.fct_assessment",
    (
        *never_null("assessment_id", "officer_id"),
        unique("assessment_id", "officer_id"),
        _pseudonyms("officer_id"),
        *at_least(0, "score"),
        in_order("score", "max_score", "warn"),
        _known("officer_id", "marts.dim_officer", "every officer is a known one"),
        _known("course_id", "marts.dim_course", "every course is a known one"),
    ),
)

CAPACITY_BY_COURSE = Suite(
    "modelled",
    "marts.capacity_by_course",
    (
        *never_null("course_id"),
        unique("course_id"),
        *at_least(0, "registrations", "passed", "results", "mean_score"),
        between("pass_share_of_registrations", 0, 1),
        no_row(
            "no course has more outcomes than registrations",
            "select course_id from audited "
            "where passed + distinctions + failed + withdrawn + without_outcome > registrations",
        ),
        _adds_up(
            "registrations of all courses are the registrations there are",
            "select coalesce(sum(registrations), 0) from audited",
            "select count(*) from marts.fct_registration",
        ),
        _adds_up(
            "results of all courses are the results of known courses",
            "select coalesce(sum(results), 0) from audited",
            "select count(*) from marts.fct_assessment where course_id is not null",
        ),
        _adds_up(
            "scores of all courses add up to those of the results",
            "select round(coalesce(sum(score_sum), 0), 3) from audited",
            "select round(coalesce(sum(score), 0), 3) from marts.fct_assessment where course_id is not null",
        ),
    ),
)

SUITES = (
    RECONCILIATION,
    DIM_MISSION,
    DIM_ACCOUNT,
    FCT_POST,
    FCT_POST_METRICS_DAILY,
    FCT_ACCOUNT_DAILY,
    ENGAGEMENT_BY_MISSION_MONTHLY,
    DIM_OFFICER,
    FCT_REGISTRATION,
    FCT_ASSESSMENT,
    CAPACITY_BY_COURSE,
)
