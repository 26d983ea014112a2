"""Suites over the marts and the reconciliation: that the models lost nothing, doubled nothing and add up.

What dbt tests in each build (grain, not null, relationships) is not said again here. Queries see the whole
warehouse: what one model says is held against what another says.
"""

from expectations.suite import Expect, Suite, at_least, between, in_order, mostly_given, no_row
from expectations.suites.landed import FIRST_FACEBOOK_PAGE, OUTCOMES

ENGAGEMENT_PARTS = ("reactions", "comments", "shares", "quotes", "saves")
METRICS = (*ENGAGEMENT_PARTS, "engagements", "impressions", "reach", "views", "clicks")
OWN_POSTS = "select count(*) from marts.fct_post where kind is distinct from 'repost'"
REPOSTS = "select count(*) from marts.fct_post where kind = 'repost'"


def _adds_up(says: str, left: str, right: str) -> Expect:
    """Two totals, each a query of one number, are the same."""
    return no_row(
        says,
        f"select * from (select ({left}) as total, ({right}) as other) where total is distinct from other",
        told_as="coalesce(total || '', 'nothing') || ' against ' || coalesce(other || '', 'nothing')",
    )


def _pseudonyms(column: str) -> Expect:
    return no_row(
        f"{column} is a pseudonym and never a service number",
        f"select 1 from audited where not regexp_full_match({column}, 'officer-[0-9a-f]{{{{20}}}}')",
    )


_ENGAGEMENTS_ADD_UP = no_row(
    "engagements are the sum of reactions, comments, shares, quotes and saves, and empty only where all are",
    f"""
    select *
    from audited
    where engagements is distinct from case
        when coalesce({", ".join(ENGAGEMENT_PARTS)}) is not null
            then {" + ".join(f"coalesce({part}, 0)" for part in ENGAGEMENT_PARTS)}
    end
    """,
    told_as="post_id",
)


def _no_line(says: str, broken: str, figures: str) -> Expect:
    """No line of the reconciliation has the condition; one that has is told with its ``figures``."""
    return no_row(
        says,
        f"select * from audited where {broken}",
        told_as=f"source || '.' || table_name || ' on ' || observed_date || ' has ' || {figures}",
    )


def _figures(*columns: str) -> str:
    return " || ', ' || ".join(f"'{column} ' || coalesce({column} || '', 'none')" for column in columns)


_RECEIVED = ("received", "landed", "quarantined", "repeated")
_MODELLED = ("landed_rows", "modelled", "superseded")

RECONCILIATION = Suite(
    "modelled",
    "quality.reconciliation",
    (
        _no_line(
            "what was received was landed, put into quarantine or repeated",
            "received is distinct from landed + quarantined + repeated",
            _figures(*_RECEIVED),
        ),
        _no_line(
            "as many records lie in the landing as its ledger tells",
            "landed is distinct from landed_rows",
            _figures("landed", "landed_rows"),
        ),
        _no_line(
            "as many records lie in quarantine as the ledger tells",
            "quarantined is distinct from quarantined_records",
            _figures("quarantined", "quarantined_records"),
        ),
        _no_line(
            "every landed record stands in its fact or was superseded by a later one",
            "modelled is not null and landed_rows is distinct from modelled + superseded",
            _figures(*_MODELLED),
        ),
        _no_line(
            "is_reconciled is true on every line",
            "is_reconciled is distinct from true",
            _figures(*_RECEIVED, "quarantined_records", *_MODELLED),
        ),
        no_row(
            "what stands in a fact has its line here",
            """
            select told.source || '.' || told.table_name || ' on ' || told.day as line
            from (
                select source, 'posts' as table_name, observed_date as day from marts.fct_post_metrics_daily
                union
                select source, 'registrations', observed_date from marts.fct_registration
                union
                select source, 'assessment_results', observed_date from marts.fct_assessment
            ) as told
            anti join audited
                on
                    told.source = audited.source
                    and told.table_name = audited.table_name
                    and told.day = audited.observed_date
            """,
            told_as="line",
        ),
    ),
)

DIM_MISSION = Suite(
    "modelled",
    "marts.dim_mission",
    (
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
        in_order("valid_from_date", "valid_to_date", "warn"),
        no_row(
            "every account has one current version",
            "select account_id from audited group by account_id having count(*) filter (where is_current) != 1",
            told_as="account_id",
        ),
        no_row(
            "no account has two versions on one day",
            """
            select account_id, valid_from_date
            from (
                select
                    *, lag(valid_to_date, 1, date '0001-01-01')
                        over (partition by account_id order by valid_from_date) as valid_before
                from audited
            )
            where valid_before is null or valid_before > valid_from_date
            """,
            "warn",
            told_as="account_id || ' from ' || valid_from_date",
        ),
    ),
)

FCT_POST = Suite(
    "modelled",
    "marts.fct_post",
    (
        no_row(
            "post_id is the platform and its own id",
            "select post_id from audited where post_id is distinct from platform || ':' || post_native_id",
            told_as="post_id",
        ),
        no_row(
            "no post on X is older than X",
            "select post_id from audited where platform = 'x' and posted_at < timestamp '2006-03-21'",
            told_as="post_id",
        ),
        *at_least(FIRST_FACEBOOK_PAGE, "posted_at", severity="warn"),
        no_row(
            "no post was made more than a day after it was last observed",
            "select post_id from audited where posted_at > last_observed_at + interval 1 day",
            told_as="post_id",
        ),
        in_order("posted_at", "last_observed_at", "warn"),
        in_order("posted_at", "deleted_at"),
        in_order("first_observed_at", "last_observed_at"),
        *at_least(1, "observations"),
        *at_least(0, *METRICS),
        _ENGAGEMENTS_ADD_UP,
        no_row(
            "engagements are told of at least 90% of the own posts",
            # X tells of a repost the figures of the post it passes on, so reposts have none of their own.
            "select 1 from audited where kind is distinct from 'repost' having count(engagements) < 0.9 * count(*)",
            "warn",
        ),
        _adds_up(
            "there are as many posts as have metrics",
            "select count(*) from audited",
            "select count(distinct post_id) from marts.fct_post_metrics_daily",
        ),
        _adds_up(
            "every observed day of a post has its metrics",
            "select count(distinct (post_id, last_observed_at)) from audited",
            "select count(*) from audited semi join marts.fct_post_metrics_daily as told "
            "on audited.post_id = told.post_id and audited.last_observed_at = told.observed_at",
        ),
    ),
)

FCT_POST_METRICS_DAILY = Suite(
    "modelled",
    "marts.fct_post_metrics_daily",
    (
        *at_least(0, *METRICS),
        *at_least(1, "gain_span_days"),
        *at_least(0, "age_days", severity="warn"),
        _ENGAGEMENTS_ADD_UP,
        no_row(
            "a gain counts as over a gap exactly where it spans more than a day",
            "select * from audited where is_gain_over_gap is distinct from (gain_span_days > 1)",
            told_as="post_id || ' on ' || observed_date",
        ),
        no_row(
            "no metric was less than nothing before its gain",
            f"select * from audited where {' or '.join(f'{m} - {m}_gained < 0' for m in METRICS)}",
            told_as="post_id || ' on ' || observed_date",
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
            told_as="post_id",
        ),
    ),
)

FCT_ACCOUNT_DAILY = Suite(
    "modelled",
    "marts.fct_account_daily",
    (
        *at_least(0, "followers", "following", "posts_total", "posts", "reposts"),
        *at_least(1, "follower_span_days"),
        no_row(
            "followers stand only on days on which the account was observed",
            "select * from audited where followers is not null and not is_observed",
            told_as="account_id || ' on ' || activity_date",
        ),
        _adds_up(
            "posts of all days are the own posts there are",
            "select coalesce(sum(posts), 0) from audited",
            OWN_POSTS,
        ),
        _adds_up(
            "reposts of all days are the reposts there are",
            "select coalesce(sum(reposts), 0) from audited",
            REPOSTS,
        ),
        _adds_up(
            "engagements gained by accounts are those gained by posts",
            "select coalesce(sum(engagements_gained), 0) from audited",
            "select coalesce(sum(engagements_gained), 0) from marts.fct_post_metrics_daily",
        ),
    ),
)

_RATES = tuple(f"engagement_rate_by_{denominator}" for denominator in ("followers", "reach", "impressions"))

ENGAGEMENT_BY_MISSION_MONTHLY = Suite(
    "modelled",
    "marts.engagement_by_mission_monthly",
    (
        *at_least(0, "posts", "reposts", "posts_deleted", "engagements", *_RATES),
        # More engagements than people reached can be true of a small account, and is worth a look.
        *(between(rate, 0, 1, "warn") for rate in _RATES),
        no_row(
            "months are told by their first day",
            "select * from audited where extract(day from month_start_date) != 1",
            told_as="mission_id || ' in ' || month_start_date",
        ),
        _adds_up(
            "posts of all missions and months are the own posts there are",
            "select coalesce(sum(posts), 0) from audited",
            OWN_POSTS,
        ),
        _adds_up(
            "reposts of all missions and months are the reposts there are",
            "select coalesce(sum(reposts), 0) from audited",
            REPOSTS,
        ),
        _adds_up(
            "engagements of all missions and months are those of the posts",
            "select coalesce(sum(engagements), 0) from audited",
            "select coalesce(sum(engagements), 0) from marts.fct_post",
        ),
    ),
)

DIM_OFFICER = Suite("modelled", "marts.dim_officer", (_pseudonyms("officer_id"),))

FCT_REGISTRATION = Suite(
    "modelled",
    "marts.fct_registration",
    (
        _pseudonyms("officer_id"),
        no_row(
            f"outcome is one of {', '.join(OUTCOMES)}, in any capitals, or empty",
            f"select * from audited where lower(outcome) not in {OUTCOMES}",
            "warn",
        ),
        no_row(
            "is_passed is told exactly of those who passed, with distinction or without",
            "select * from audited where is_passed is distinct from (lower(outcome) in ('pass', 'distinction'))",
        ),
    ),
)

FCT_ASSESSMENT = Suite(
    "modelled",
    "marts.fct_assessment",
    (
        _pseudonyms("officer_id"),
        *at_least(0, "score", "max_score"),
        no_row(
            "no score is above max_score, or above 100 where none is told",
            "select * from audited where score > coalesce(max_score, 100)",
            "warn",
        ),
        mostly_given("score", 0.9),
        mostly_given("course_id", 0.9),
    ),
)

CAPACITY_BY_COURSE = Suite(
    "modelled",
    "marts.capacity_by_course",
    (
        *at_least(0, "registrations", "passed", "results", "mean_score"),
        between("pass_share_of_registrations", 0, 1),
        no_row(
            "no course has more outcomes than registrations",
            "select * from audited where passed + distinctions + failed + withdrawn + without_outcome > registrations",
            told_as="course_id",
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

FCT_POST_READING = Suite(
    "modelled",
    "marts.fct_post_reading",
    (
        *(between(score, 0, 1) for score in ("language_confidence", "topic_score", "tone_score")),
        _adds_up(
            "every post has its reading, read or not",
            "select count(*) from audited",
            "select count(*) from marts.fct_post",
        ),
        no_row(
            "what was not read tells nothing",
            "select * from audited where not is_read and coalesce(language, topic_id, tone, version) is not null",
            told_as="post_id",
        ),
        no_row(
            "language, topic and tone are told together or not at all",
            """
            select *
            from audited
            where (language is null) != (topic_id is null) or (language is null) != (tone is null)
            """,
            told_as="post_id",
        ),
        no_row(
            "every topic is one of the seed's, or was when the text was read",
            "select * from audited anti join marts.dim_topic as topics on audited.topic_id = topics.topic_id "
            "where audited.topic_id is not null",
            "warn",
            told_as="topic_id",
        ),
    ),
)

POST_DUPLICATES = Suite(
    "modelled",
    "marts.post_duplicates",
    (
        *at_least(2, "posts"),
        *at_least(1, "missions", "languages"),
        no_row(
            "a post is the first exactly where it is named so",
            "select * from audited where is_first != (post_id = first_post_id)",
            told_as="post_id",
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
    FCT_POST_READING,
    POST_DUPLICATES,
)
"""What is expected, suite by suite: plain data, cheap to import."""
