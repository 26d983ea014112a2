"""Suites over the marts and the reconciliation: that the models lost nothing, doubled nothing and add up.

What dbt tests in each build (grain, not null, relationships) is not said again here. Queries see the whole
warehouse: what one model says is held against what another says.
"""

from expectations.suite import Expect, Suite, at_least, between, in_order, mostly_given, no_row
from expectations.suites.changed import MART_CHANGES
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
                select source, 'registrations', observed_date from marts.fct_registration where source = 'sheets'
                union
                select source, 'assessment_results', observed_date from marts.fct_assessment where source = 'sheets'
            ) as told
            anti join audited
                on
                    told.source = audited.source
                    and told.table_name = audited.table_name
                    and told.day = audited.observed_date
            """,
            told_as="line",
        ),
        # Whoever keeps the source can mend it; the share that fails a batch is far above what is usual.
        no_row(
            "no table has lately more in quarantine than is usual for it",
            """
            select *
            from (
                select
                    *,
                    quarantined / nullif(received, 0) as share,
                    max(quarantined / nullif(received, 0)) over (
                        partition by source, table_name
                        order by observed_date
                        range between interval 28 days preceding and interval 1 day preceding
                    ) as usual,
                    row_number() over (partition by source, table_name order by observed_date desc) as days_since
                from audited
            ) as told
            where days_since = 1 and quarantined >= 5 and share > 2 * usual
            """,
            "warn",
            told_as="source || '.' || table_name || ' on ' || observed_date || ' has ' || quarantined || ' of ' || "
            "received || ' in quarantine, and at most ' || round(100 * usual, 1) || '% on the days before: `sifarat "
            "quarantine show ' || source || '.' || table_name || '` tells what to do'",
        ),
    ),
)

UNMATCHED_STAYS = Suite(
    "modelled",
    "quality.unmatched_stays",
    (
        no_row(
            "every meeting and every sign-in sheet is of a session that a list of sessions tells",
            "select * from audited",
            "warn",
            told_as="stays || ' stays of ' || source || ', ' || meeting || ', count for nobody'",
        ),
    ),
)

VOLUMES = Suite(
    "modelled",
    "quality.volumes",
    (
        no_row(
            "of what is due from platforms, Moodle and the learning record store not everything is missing",
            "select count(*) || ' tables are due and brought nothing' as missing from audited "
            "where source != 'registry' and expected_rows > 0 having count(*) > 0 and sum(landed) = 0",
            told_as="missing",
        ),
        no_row(
            "as much arrives, and when, as earlier days let expect",
            "select * from audited where verdict not in ('as expected', 'nothing due', 'not enough history')",
            "warn",
            told_as="source || '.' || table_name || ' on ' || observed_date || ' ' || verdict || ' has ' || landed "
            "|| ' rows where ' || coalesce(expected_rows_low || ' to ' || expected_rows_high || ' of ' || basis, "
            "'no number') || ' was to be expected, ' || days_since_arrival || ' days after the last that came'",
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

DIM_DATE = Suite(
    "modelled",
    "marts.dim_date",
    (
        no_row(
            "the calendar has every day of whole years",
            """
            select min(calendar_date) as first_date, max(calendar_date) as last_date
            from audited
            having
                first_date != date_trunc('year', first_date)
                or last_date != date_trunc('year', last_date) + interval 1 year - interval 1 day
                or count(distinct calendar_date) != last_date - first_date + 1
            """,
            told_as="first_date || ' to ' || last_date",
        ),
    ),
)

DIM_METRIC_DEFINITION = Suite(
    "modelled",
    "marts.dim_metric_definition",
    (
        no_row(
            "what a metric meant ends on the day on which it means something else",
            """
            select *
            from (
                select
                    *,
                    lead(effective_from_date) over (partition by platform, metric order by effective_from_date)
                        as next_from_date
                from audited
            )
            where next_from_date is not null and effective_until_date is distinct from next_from_date
            """,
            told_as="platform || ', ' || metric || ', version ' || version",
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


def _engagement_by(entity: str, key: str) -> Suite:
    """The four reports of engagement differ by their keys alone. Days, weeks and months each hold everything."""
    one_of_each = "select period_grain, {} from audited group by period_grain"
    return Suite(
        "modelled",
        f"marts.engagement_by_{entity}",
        (
            *at_least(0, "accounts", "posts", "reposts", "posts_deleted", *METRICS, *_RATES),
            # More engagements than people reached can be true of a small account, and is worth a look.
            *(between(rate, 0, 1, "warn") for rate in _RATES),
            no_row(
                "a week begins on Monday and a month on its first day",
                "select * from audited where period_start_date != date_trunc(period_grain, period_start_date)",
                told_as=f"{key} || ' in the ' || period_grain || ' of ' || period_start_date",
            ),
            no_row(
                "no more account days reported than were registered",
                "select * from audited where account_days_reported > account_days_registered",
                told_as=f"{key} || ' in the ' || period_grain || ' of ' || period_start_date",
            ),
            *(
                no_row(
                    f"{measure} of all days, weeks and months are those there are",
                    f"select * from ({one_of_each.format(f'coalesce(sum({measure}), 0) as total')}) as told, "
                    f"({there_are}) as facts (there_are) where told.total is distinct from facts.there_are",
                    told_as="period_grain || ' has ' || total || ' against ' || there_are",
                )
                for measure, there_are in (
                    ("posts", OWN_POSTS),
                    ("reposts", REPOSTS),
                    ("engagements", "select coalesce(sum(engagements), 0) from marts.fct_post"),
                    (
                        "engagements_gained",
                        "select coalesce(sum(engagements_gained), 0) from marts.fct_post_metrics_daily",
                    ),
                    (
                        "followers_gained",
                        "select coalesce(sum(followers_gained), 0) from marts.fct_account_daily",
                    ),
                )
            ),
        ),
    )


ENGAGEMENT_REPORTS = tuple(
    _engagement_by(entity, key)
    for entity, key in (
        ("account", "account_id"),
        ("mission", "mission_id"),
        ("region", "region"),
        ("platform", "platform"),
    )
)

_REGISTERED_DAYS = "select count(*) from marts.fct_account_daily where is_registered"

ACCOUNT_COMPLETENESS_DAILY = Suite(
    "modelled",
    "marts.account_completeness_daily",
    (
        between("share_reported", 0, 1),
        *at_least(0, "accounts_reported"),
        _adds_up(
            "registered accounts of all days are those there are",
            "select coalesce(sum(accounts_registered), 0) from audited",
            _REGISTERED_DAYS,
        ),
        _adds_up(
            "accounts that reported on all days are those there are",
            "select coalesce(sum(accounts_reported), 0) from audited",
            f"{_REGISTERED_DAYS} and is_observed",
        ),
    ),
)

POST_PERFORMANCE = Suite(
    "modelled",
    "marts.post_performance",
    (
        *at_least(0, "engagements", "expected_engagements"),
        between("baseline_posts", 0, 100),
        in_order("age_days", "observed_age_days"),
        no_row(
            "what a post had at an age is what was observed of it then",
            """
            select *
            from audited
            anti join marts.fct_post_metrics_daily as told
                on
                    audited.post_id = told.post_id
                    and audited.observed_age_days = told.age_days
                    and audited.engagements = told.engagements
            """,
            told_as="post_id || ' at ' || age_days || ' days'",
        ),
        _adds_up(
            "every post that was observed at an age has its line",
            "select count(distinct post_id) from audited",
            "select count(distinct post_id) from marts.fct_post_metrics_daily where engagements is not null "
            "and (age_days between 1 and 3 or age_days between 7 and 8 or age_days between 14 and 16 "
            "or age_days >= 27)",
        ),
        no_row(
            "a post is above what was expected of it exactly where its score is not negative",
            "select * from audited where (engagements >= expected_engagements) != (overperformance >= 0)",
            told_as="post_id || ' at ' || age_days || ' days'",
        ),
    ),
)

CONTENT_MIX = Suite(
    "modelled",
    "marts.content_mix",
    (
        between("share_of_posts", 0, 1),
        _adds_up(
            "posts of all kinds are the posts there are",
            "select coalesce(sum(posts), 0) from audited",
            "select count(*) from marts.fct_post",
        ),
    ),
)

POSTING_RHYTHM = Suite(
    "modelled",
    "marts.posting_rhythm",
    (
        between("iso_weekday", 1, 7),
        between("hour_of_day", 0, 23),
        _adds_up(
            "posts of all hours are the own posts there are", "select coalesce(sum(posts), 0) from audited", OWN_POSTS
        ),
    ),
)

CROSS_POSTS = Suite("modelled", "marts.cross_posts", at_least(2, "accounts_in_wave", "posts_in_wave"))

METRIC_HALF_LIFE = Suite("modelled", "marts.metric_half_life", at_least(0, "median_share_of_final", "half_life_days"))

MESSAGE_EFFICIENCY = Suite(
    "modelled",
    "marts.message_efficiency",
    (
        *at_least(0, "message_efficiency", "likes_and_shares"),
        no_row(
            "it reaches to the newest day on which posts of the month before were observed",
            """
            select newest_date
            from (
                select max(told.observed_date) as newest_date
                from marts.fct_post_metrics_daily as told
                inner join marts.fct_post as posts using (post_id)
                where
                    coalesce(told.reactions, told.shares) is not null
                    and told.observed_date < posts.posted_date + interval 30 day
                    and posts.kind is distinct from 'repost'
                    and posts.deleted_at is null
            )
            where newest_date > coalesce((select max(activity_date) from audited), date '0001-01-01')
            """,
            told_as="newest_date",
        ),
    ),
)

SOCIAL_MEDIA_ROLLUP = Suite(
    "modelled",
    "marts.social_media_rollup",
    (
        _adds_up("it has every post once", "select count(*) from audited", "select count(*) from marts.fct_post"),
        _adds_up(
            "its likes are the posts' reactions",
            "select coalesce(sum(likes), 0) from audited",
            "select coalesce(sum(reactions), 0) from marts.fct_post",
        ),
    ),
)

DIM_OFFICER = Suite(
    "modelled",
    "marts.dim_officer",
    (
        _pseudonyms("officer_id"),
        in_order("valid_from_date", "valid_to_date"),
        no_row(
            "every officer has one current version",
            "select officer_id from audited group by officer_id having count(*) filter (where is_current) != 1",
            told_as="officer_id",
        ),
    ),
)

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

_TOLD_RESULTS = (
    "from marts.fct_assessment semi join audited as told "
    "on fct_assessment.course_id = told.course_id and told.results is not null"
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
            "registrations of all courses are the registrations there are, but for courses of few",
            "select coalesce(sum(registrations), 0) from audited",
            "select count(*) from marts.fct_registration semi join audited as told "
            "on fct_registration.course_id = told.course_id and told.registrations is not null",
        ),
        _adds_up(
            "results of all courses are the results of known courses, but for courses of few",
            "select coalesce(sum(results), 0) from audited",
            f"select count(*) {_TOLD_RESULTS}",
        ),
        _adds_up(
            "scores of all courses add up to those of the results, but for courses of few",
            "select round(coalesce(sum(score_sum), 0), 3) from audited",
            f"select round(coalesce(sum(score), 0), 3) {_TOLD_RESULTS}",
        ),
    ),
)

REFRESHER_DUE = Suite(
    "modelled",
    "marts.refresher_due",
    (
        _pseudonyms("officer_id"),
        *at_least(0, "days_since_trained", severity="warn"),
        no_row(
            "a refresher is due exactly where its day has come",
            "select * from audited where is_due is distinct from (due_date <= as_of_date)",
            told_as="officer_id",
        ),
    ),
)

MISSION_TRAINING_COVERAGE = Suite(
    "modelled",
    "marts.mission_training_coverage",
    (
        no_row(
            "there is a trained focal person exactly where a trained officer serves",
            "select * from audited where has_trained_focal_person is distinct from exists "
            "(select 1 from marts.refresher_due as trained where trained.mission_id = audited.mission_id)",
            told_as="mission_id",
        ),
        no_row(
            "nobody is up to date who was never trained",
            "select * from audited where has_up_to_date_focal_person and not has_trained_focal_person",
            told_as="mission_id",
        ),
        *at_least(0, "officers_posted"),
        in_order("trained_officers", "officers_posted"),
        in_order("refreshers_due", "trained_officers"),
    ),
)

MISSION_PLATFORM_COVERAGE = Suite(
    "modelled",
    "marts.mission_platform_coverage",
    (
        no_row(
            "a mission is covered on each of its platforms or on none",
            """
            select *
            from audited
            inner join marts.mission_training_coverage as missions using (mission_id)
            where
                audited.has_trained_focal_person != missions.has_trained_focal_person
                or audited.has_up_to_date_focal_person != missions.has_up_to_date_focal_person
            """,
            told_as="mission_id || ' on ' || platform",
        ),
    ),
)

MISSION_COURSE_COVERAGE = Suite(
    "modelled",
    "marts.mission_course_coverage",
    (
        *at_least(0, "trained_officers"),
        no_row(
            "whoever was trained in a course is a trained focal person",
            "select * from audited inner join marts.mission_training_coverage as missions using (mission_id) "
            "where audited.has_trained_focal_person and not missions.has_trained_focal_person",
            told_as="mission_id || ' and ' || course_id",
        ),
        no_row(
            "no officers are counted where nobody is trained",
            "select * from audited where has_trained_focal_person is distinct from (trained_officers > 0) "
            "and trained_officers is not null",
            told_as="mission_id || ' and ' || course_id",
        ),
    ),
)

TRAINING_FUNNEL = Suite(
    "modelled",
    "marts.training_funnel",
    (
        *at_least(0, "nominated", "attended", "completed", "certified"),
        in_order("attended_without_nomination", "attended"),
        *(
            between(f"{step}_share_of_{before}", 0, 1)
            for step, before in (("attended", "nominated"), ("completed", "attended"), ("certified", "completed"))
        ),
        _adds_up(
            "nominations of all courses are the nominations there are, but for courses of few",
            "select coalesce(sum(nominated), 0) from audited",
            "select count(*) from marts.fct_nomination semi join audited as told "
            "on fct_nomination.course_id = told.course_id and told.nominated is not null",
        ),
    ),
)

TRAINING_GAIN = Suite(
    "modelled",
    "marts.training_gain",
    (
        *at_least(0, "officers", "mean_pre_points", "mean_post_points"),
        between("mean_post_points", 0, 100, "warn"),
        in_order("mean_gain_points_lower", "mean_gain_points"),
        in_order("mean_gain_points", "mean_gain_points_upper"),
        no_row(
            "the mean gain is the mean after less the mean before",
            "select * from audited where abs(mean_gain_points - (mean_post_points - mean_pre_points)) > 1e-6",
            told_as="course_id",
        ),
    ),
)

TRAINING_BY_GROUP = Suite(
    "modelled",
    "marts.training_by_group",
    (
        *at_least(0, "registrations", "tested"),
        between("pass_share_of_registrations", 0, 1),
        in_order("tested", "registrations"),
        no_row(
            "of no breakdown is one group alone kept back, which the total would tell",
            """
            select course_id, dimension
            from audited
            group by course_id, dimension
            having count(*) > 1 and count(*) - count(registrations) = 1
            """,
            told_as="course_id || ' by ' || dimension",
        ),
        no_row(
            "the groups of a breakdown are together the course's registrations, where none is kept back",
            """
            select audited.course_id, dimension
            from audited
            group by audited.course_id, dimension
            having
                count(*) = count(registrations)
                and sum(registrations) != (
                    select count(*) from marts.fct_registration as told where told.course_id = audited.course_id
                )
            """,
            told_as="course_id || ' by ' || dimension",
        ),
    ),
)

TRAINING_SERIES = Suite(
    "modelled",
    "marts.training_series",
    (
        *at_least(1, "series_number"),
        *at_least(0, "sessions", "trained_officers", "missions"),
        in_order("missions", "trained_officers"),
        in_order("trained_officers", "trained_officers_so_far"),
        no_row(
            "what the series reached so far never shrinks",
            """
            select course_id
            from (
                select
                    *,
                    max(trained_officers_so_far) over before_it as officers_before,
                    max(missions_so_far) over before_it as missions_before
                from audited
                window before_it as (order by series_number rows between unbounded preceding and 1 preceding)
            )
            where trained_officers_so_far < officers_before or missions_so_far < missions_before
            """,
            told_as="course_id",
        ),
        _adds_up(
            "the series has every session of its courses once",
            "select coalesce(sum(sessions), 0) from audited",
            "select count(*) from marts.dim_session semi join audited as told "
            "on dim_session.course_id = told.course_id",
        ),
    ),
)

TRAINING_EFFECT = Suite(
    "modelled",
    "marts.training_effect",
    (
        *at_least(0, "missions_trained", "missions_compared", "mission_weeks", "weeks_before", "weeks_after"),
        between("pretrend_p_value", 0, 1),
        in_order("effect_lower", "effect"),
        in_order("effect", "effect_upper"),
        no_row(
            "a rise or fall is told only of an interval without nothing, and of missions that moved alike before",
            """
            select outcome
            from audited
            where
                verdict in ('rises', 'falls')
                and not coalesce(
                    pretrend_p_value >= 0.05 and if(verdict = 'rises', effect_lower > 0, effect_upper < 0), false
                )
            """,
            told_as="outcome",
        ),
        no_row(
            "a change has the sign of its effect",
            "select outcome from audited where sign(change_share) != sign(effect)",
            told_as="outcome",
        ),
    ),
)

TRAINING_EFFECT_BY_WEEK = Suite(
    "modelled",
    "marts.training_effect_by_week",
    (
        *at_least(1, "missions"),
        in_order("effect_lower", "effect"),
        in_order("effect", "effect_upper"),
        no_row(
            "no week counts more missions than are trained",
            "select audited.outcome || ' in week ' || weeks_since_training as week from audited "
            "inner join marts.training_effect as whole using (outcome) "
            "where weeks_since_training >= 0 and missions > missions_trained",
            told_as="week",
        ),
    ),
)

ASSET_STANDARDS = Suite(
    "modelled",
    "marts.asset_standards",
    (
        no_row(
            "what to do is told exactly of the rules that are not met",
            "select * from audited where (fix is not null) is distinct from (is_met is not distinct from false)",
            told_as="account_id || ' and ' || rule",
        ),
        no_row(
            "every account is held to every rule",
            """
            select account_id
            from audited
            group by account_id
            having count(*) != (select count(distinct rule) from audited)
            """,
            told_as="account_id",
        ),
    ),
)

ASSET_SCORES = Suite(
    "modelled",
    "marts.asset_scores",
    (
        between("score", 0, 1),
        *at_least(0, "days_silent"),
        no_row(
            "what to fix is told exactly where a rule is not met",
            "select * from audited where (what_to_fix is not null) is distinct from (rules_not_met > 0)",
            told_as="account_id",
        ),
        no_row(
            "the days of silence are those since the last post",
            "select * from audited where days_silent is distinct from as_of_date - last_posted_date",
            told_as="account_id",
        ),
        _adds_up(
            "every account that is held to the standard has its score",
            "select count(*) from audited",
            "select count(distinct account_id) from marts.asset_standards",
        ),
        _adds_up(
            "rules met by all accounts are the rules met",
            "select coalesce(sum(rules_met), 0) from audited",
            "select count(*) from marts.asset_standards where is_met",
        ),
    ),
)

ACCOUNT_PROFILES = Suite(
    "modelled",
    "marts.account_profiles",
    (
        in_order("valid_from_date", "valid_to_date"),
        no_row(
            "every account has one current profile",
            "select account_id from audited group by account_id having count(*) filter (where is_current) != 1",
            told_as="account_id",
        ),
    ),
)

UNREGISTERED_LOOKALIKES = Suite(
    "modelled",
    "marts.unregistered_lookalikes",
    (
        no_row(
            "no handle of the register is called unregistered",
            """
            select audited.platform, audited.handle
            from audited
            inner join marts.dim_account as accounts
                on audited.platform = accounts.platform and audited.handle = lower(accounts.handle)
            where accounts.is_registered
            """,
            told_as="platform || ':' || handle",
        ),
        *at_least(1, "posts"),
        *at_least(0, "edits"),
        in_order("first_posted_date", "last_posted_date"),
        no_row(
            "the last post is of the last day",
            "select audited.* from audited inner join marts.fct_post as posts on audited.last_post_id = posts.post_id "
            "where audited.last_posted_date is distinct from posts.posted_date",
            told_as="platform || ':' || handle",
        ),
        no_row(
            "no handle is met in more posts than there are",
            "select * from audited where posts > (select count(*) from marts.fct_post)",
            told_as="platform || ':' || handle",
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

ENGAGEMENT_BY_TOPIC = Suite(
    "modelled",
    "marts.engagement_by_topic",
    (
        *at_least(0, "engagements", "engagements_per_post"),
        _adds_up(
            "posts of all topics are the own posts that were sorted into one",
            "select coalesce(sum(posts), 0) from audited",
            "select count(*) from marts.fct_post inner join marts.fct_post_reading as readings using (post_id) "
            "where kind is distinct from 'repost' and readings.topic_id is not null",
        ),
    ),
)

ALERTS = Suite(
    "modelled",
    "marts.alerts",
    (
        *at_least(1, "strength"),
        *at_least(0, "observed", "expected", "expected_low"),
        in_order("from_date", "alert_date"),
        in_order("expected_low", "expected"),
        in_order("expected", "expected_high"),
        no_row(
            "what came lies outside of what was to be expected",
            "select * from audited where observed between expected_low and coalesce(expected_high, observed)",
            told_as="alert_id",
        ),
        no_row(
            "every alert about a post links it",
            "select * from audited anti join marts.alert_posts as linked using (alert_id, post_id) "
            "where post_id is not null",
            told_as="alert_id",
        ),
    ),
)

ALERT_POSTS = Suite("modelled", "marts.alert_posts", at_least(1, "place"))


def _brief_numbers(names: tuple[str, ...], told: str) -> Expect:
    """``told`` is a query of region, week_start_date, name and value: those numbers as their mart tells them."""
    return no_row(
        f"{', '.join(names)} are what their mart tells",
        f"select audited.* from audited left join ({told}) as told using (region, week_start_date, name) "
        f"where name in {names} and not coalesce(abs(audited.value - told.value) <= 1e-9 * abs(told.value), false)",
        told_as="region || ' in the week of ' || week_start_date || ' tells ' || name || ' as ' || value",
    )


_OF_WEEKS = (
    "accounts",
    "posts",
    "engagements_gained",
    "followers",
    "followers_gained",
    "account_days_registered",
    "account_days_reported",
)

WEEKLY_BRIEF_NUMBERS = Suite(
    "modelled",
    "marts.weekly_brief_numbers",
    (
        _brief_numbers(
            _OF_WEEKS,
            "unpivot (select region, period_start_date as week_start_date, "
            + ", ".join(f"cast({name} as double) as {name}" for name in _OF_WEEKS)
            + " from marts.engagement_by_region where period_grain = 'week') "
            f"on {', '.join(_OF_WEEKS)} into name name value value",
        ),
        _brief_numbers(
            ("engagements_gained_before", "engagements_change"),
            """
            select region, week.period_start_date as week_start_date, unnest(['engagements_gained_before',
                'engagements_change']) as name, unnest([earlier.engagements_gained,
                cast(week.engagements_gained as double) / earlier.engagements_gained - 1]) as value
            from marts.engagement_by_region as week
            inner join marts.engagement_by_region as earlier using (region)
            where week.period_grain = 'week' and earlier.period_grain = 'week'
                and earlier.period_start_date = week.period_start_date - interval 7 day
            """,
        ),
        _brief_numbers(
            ("alerts", "severe_alerts"),
            """
            select audited.region, week_start_date, audited.name,
                count(alert_id) filter (audited.name = 'alerts' or alerts.severity = 'high') as value
            from audited
            left join marts.dim_mission as missions on audited.region = missions.region
            left join marts.alerts
                on missions.mission_id = alerts.mission_id
                and date_trunc('week', alerts.alert_date) = audited.week_start_date
            group by all
            """,
        ),
        _brief_numbers(
            ("best_post_engagements",),
            """
            select region, cast(date_trunc('week', posted_date) as date) as week_start_date,
                'best_post_engagements' as name, max(engagements) as value
            from marts.fct_post as posts inner join marts.dim_mission using (mission_id)
            where posts.kind is distinct from 'repost'
            group by all
            """,
        ),
        no_row(
            "a number is shown as it is",
            """
            select * from audited
            where shown != if(name = 'engagements_change', format('{{}}%', cast(round(100 * abs(value)) as bigint)),
                format('{{:,}}', cast(abs(value) as bigint)))
            """,
            told_as="region || ' in the week of ' || week_start_date || ' shows ' || name || ' as ' || shown",
        ),
    ),
)

WEEKLY_BRIEF = Suite(
    "modelled",
    "marts.weekly_brief",
    (
        no_row(
            "every number of a brief is one of its numbers, as they are shown",
            r"""
            select region, week_start_date, number
            from (
                select region, week_start_date, unnest(regexp_extract_all(
                    replace(replace(text, region, ''), coalesce(best_mission, ''), ''), '[0-9]+(?:[.,][0-9]+)*%?'
                )) as number
                from audited
            )
            anti join (select region, week_start_date, shown as number from marts.weekly_brief_numbers) as told
                using (region, week_start_date, number)
            """,
            told_as="region || ' in the week of ' || week_start_date || ' tells ' || number",
        ),
        _adds_up(
            "every week of a region that has numbers has its brief",
            "select count(distinct (region, week_start_date)) from audited",
            "select count(distinct (region, week_start_date)) from marts.weekly_brief_numbers",
        ),
        no_row(
            "only weeks that ended are told",
            "select * from audited where week_end_date > (select max(activity_date) from marts.fct_account_daily)",
            told_as="region || ' in the week of ' || week_start_date",
        ),
    ),
)

SUITES = (
    RECONCILIATION,
    UNMATCHED_STAYS,
    VOLUMES,
    DIM_MISSION,
    DIM_DATE,
    DIM_METRIC_DEFINITION,
    DIM_ACCOUNT,
    FCT_POST,
    FCT_POST_METRICS_DAILY,
    FCT_ACCOUNT_DAILY,
    *ENGAGEMENT_REPORTS,
    ACCOUNT_COMPLETENESS_DAILY,
    POST_PERFORMANCE,
    CONTENT_MIX,
    POSTING_RHYTHM,
    CROSS_POSTS,
    METRIC_HALF_LIFE,
    MESSAGE_EFFICIENCY,
    SOCIAL_MEDIA_ROLLUP,
    DIM_OFFICER,
    FCT_REGISTRATION,
    FCT_ASSESSMENT,
    CAPACITY_BY_COURSE,
    REFRESHER_DUE,
    MISSION_TRAINING_COVERAGE,
    MISSION_PLATFORM_COVERAGE,
    MISSION_COURSE_COVERAGE,
    TRAINING_FUNNEL,
    TRAINING_GAIN,
    TRAINING_BY_GROUP,
    TRAINING_SERIES,
    TRAINING_EFFECT,
    TRAINING_EFFECT_BY_WEEK,
    ASSET_STANDARDS,
    ASSET_SCORES,
    ACCOUNT_PROFILES,
    UNREGISTERED_LOOKALIKES,
    FCT_POST_READING,
    POST_DUPLICATES,
    ENGAGEMENT_BY_TOPIC,
    ALERTS,
    ALERT_POSTS,
    WEEKLY_BRIEF_NUMBERS,
    WEEKLY_BRIEF,
    MART_CHANGES,
)
"""What is expected, suite by suite: plain data, cheap to import."""
