"""Suites over landed tables: what records that each keep their contract can still get wrong together.

Each audits ``<source>.<table>`` and may compare with ``<source>.all_<table>`` (see ``expectations/landing.py``).
A fault of single people's entries warns; a fault that would put wrong figures into the marts blocks.
"""

from expectations.landing import FED_BY_FILES
from expectations.suite import (
    Expect,
    Suite,
    at_least,
    between,
    in_order,
    mostly_given,
    never_null,
    no_row,
    unique,
)
from expectations.suites.changed import LANDED_CHANGES, LANDED_HABITS
from expectations.suites.statements import XAPI_STATEMENTS
from orchestration.contracts import TIMESTAMP, Contract
from orchestration.sources import moodle, registry, sheets, teams, zoom
from orchestration.sources.platform import Platform

FIRST_FACEBOOK_PAGE = "2004-02-04"

ONE_RECORD_OF_A_BATCH = ("batch_id", "date")

OUTCOMES = ("pass", "distinction", "fail", "withdrawn")
"""Outcomes that the marts count, in lower case."""

_AS_A_SPREADSHEET_WRITES_NUMBERS = r"^[0-9]+([.,][0-9]+)?[eE]\+[0-9]+$"
"""What a spreadsheet makes of a long id: its last digits are gone, and different ids become one."""


def _ids_are_whole(*columns: str) -> tuple[Expect, ...]:
    return tuple(
        no_row(
            f"{column} was not turned into a rounded number by a spreadsheet (like 9.2E+17)",
            f"select * from audited where regexp_matches({column}, '{_AS_A_SPREADSHEET_WRITES_NUMBERS}')",
        )
        for column in columns
    )


def _no_stray_blanks(*columns: str) -> tuple[Expect, ...]:
    """A blank at an end makes two ids of one."""
    return tuple(
        no_row(
            f"{column} has no blank at its ends",
            rf"select * from audited where regexp_matches({column}, '^[\s\pZ]|[\s\pZ]$')",
            "warn",
        )
        for column in columns
    )


_COURSE_IS_LISTED = no_row(
    "every course is on the list of courses",
    "select 1 from audited anti join sheets.all_courses as courses on audited.course_id = courses.course_id",
    "warn",
)


def _is_registered(whose: str) -> Expect:
    """``whose`` tells for each person of the table the course: a query of course_id and person_id."""
    return no_row(
        "everybody is registered for the course, where people are written alike on both sheets",
        f"""
        select course_id
        from (
            select told.course_id, registrations.person_id is not null as is_registered
            from ({whose}) as told
            left join (select distinct course_id, person_id from sheets.all_registrations) as registrations
                using (course_id, person_id)
        )
        group by course_id
        -- A sheet that names people and one that numbers them have nobody in common.
        having not bool_and(is_registered) and (
            count_if(is_registered) * 2 >= count(*)
            or course_id not in (select course_id from sheets.all_registrations)
        )
        """,
        "warn",
    )


def _whoever_passed(says: str, has: str) -> Expect:
    """``has`` is a query of the course_id and person_id of those who have what is due. Of a course of which nobody has
    it nothing is said; of one in twenty, and of two people, neither."""
    return no_row(
        says,
        f"""
        select course_id
        from audited
        left join (select distinct course_id, person_id, true as has_it from ({has})) using (course_id, person_id)
        where lower(outcome) in ('pass', 'distinction')
        group by course_id
        having count(has_it) * 2 >= count(*) and count(*) - count(has_it) > greatest(2, 0.05 * count(*))
        """,
        "warn",
    )


_RESULTS = (
    "select assessments.course_id, results.person_id from {results} as results "
    "inner join (select distinct assessment_id, course_id from sheets.all_assessments) as assessments "
    "using (assessment_id)"
)


def platform_suites(platform: Platform) -> tuple[Suite, ...]:
    """The suites over what a platform's source lands: accounts, posts, timelines and its further tables."""
    name = platform.name
    further = [
        Suite("landed", table.name, (*_keeps_its_contract(table), *FURTHER_ON.get(table.name, ())))
        for table in platform.extras
    ]
    return (_accounts(platform), _posts(platform, FURTHER_ON_POSTS.get(name, ())), *further, _timelines(platform))


def _keeps_its_contract(contract: Contract) -> tuple[Expect, ...]:
    """What every landed record was parsed for, looked at once more where it lies; one query for all columns."""
    counts = [f.name for f in contract.fields if f.minimum == 0]
    below = [
        no_row(
            f"no count is below nought: {', '.join(counts)}",
            f"select 1 from audited where least({', '.join(counts)}) < 0",
        )
    ]
    return (
        no_row(
            f"nothing that is required is empty: {', '.join(contract.required)}",
            f"select 1 from audited where {' or '.join(f'{name} is null' for name in contract.required)}",
        ),
        unique(*contract.keys, *ONE_RECORD_OF_A_BATCH),
        *(below if counts else []),
    )


def _accounts(platform: Platform) -> Suite:
    name, key, handle, followers = platform.name, platform.accounts.keys[0], platform.handle, platform.followers
    return Suite(
        "landed",
        platform.accounts.name,
        (
            *_keeps_its_contract(platform.accounts),
            *(
                expect
                for f in platform.accounts.fields
                if f.dtype == TIMESTAMP
                for expect in (*at_least(str(platform.launched), f.name), in_order(f.name, "observed_at"))
            ),
            no_row(
                "no two accounts of a batch have one handle",
                f"select date, batch_id, lower({handle}) from audited group by all "
                f"having count(distinct {key}) > 1 and lower({handle}) is not null",
            ),
            no_row(
                "no account of 100 followers or more loses half of them from one observation to the next",
                f"""
                select audited.{key}
                from audited
                inner join (
                    select
                        {key}, date, batch_id,
                        lag({followers}) over (partition by {key} order by observed_at, batch_id) as before
                    from {name}.all_accounts
                ) as told using ({key}, date, batch_id)
                where before >= 100 and audited.{followers} * 2 < before
                """,
                "warn",
            ),
            no_row(
                f"{platform.title} gives every account that the day's register names",
                f"""
                select due.date, due.handle
                from (
                    select distinct register.date, register.handle, register.native_id
                    from registry.all_accounts as register
                    where
                        register.platform = '{name}'
                        and register.date in (select date from audited)
                        and register.registered_from <= register.date
                        and coalesce(register.registered_until >= register.date, true)
                ) as due
                anti join audited as by_id on due.date = by_id.date and due.native_id = by_id.{key}
                anti join audited as by_handle
                    on
                        due.date = by_handle.date
                        and due.native_id is null
                        and lower(due.handle) = lower(by_handle.{handle})
                """,
                "warn",
            ),
            *FURTHER_ON.get(platform.accounts.name, ()),
        ),
    )


def _posts(platform: Platform, further: tuple[Expect, ...]) -> Suite:
    name, key, author, posted_at = platform.name, platform.posts.keys[0], platform.author, platform.posted_at
    return Suite(
        "landed",
        platform.posts.name,
        (
            *_keeps_its_contract(platform.posts),
            *at_least(str(platform.launched), posted_at),
            in_order(posted_at, "observed_at"),
            no_row(
                "every post's author is an account whose timeline was read, that day or earlier",
                # A batch whose timelines were not landed was cut short; nothing is known of it.
                f"""
                select audited.{key}
                from audited
                semi join landing.batches as read_to_its_end
                    on
                        read_to_its_end.source = '{name}'
                        and read_to_its_end.table_name = 'timelines'
                        and audited.batch_id = read_to_its_end.batch_id
                        and audited.date = read_to_its_end.date
                anti join {name}.all_timelines as timelines
                    on audited.{author} = timelines.account_native_id and audited.date >= timelines.date
                """,
            ),
            no_row(
                "every post's author is among the accounts landed in the same batch",
                f"select {key} from audited anti join {name}.all_accounts as accounts "
                f"on audited.{author} = accounts.{platform.accounts.keys[0]} and audited.batch_id = accounts.batch_id "
                "and audited.date = accounts.date",
                "warn",
            ),
            *further,
        ),
    )


def _timelines(platform: Platform) -> Suite:
    posts_of_it = f"""
        {platform.name}.all_posts as posts
            on
                audited.account_native_id = posts.{platform.author}
                and audited.batch_id = posts.batch_id
                and audited.date = posts.date
                and posts.{platform.posted_at} >= audited.window_start
    """
    return Suite(
        "landed",
        platform.timelines.name,
        (
            *_keeps_its_contract(platform.timelines),
            in_order("window_start", "window_end"),
            in_order("window_end", "observed_at"),
            no_row(
                "every timeline tells how many posts were read from it",
                "select account_native_id from audited where posts_read is null",
                "warn",
            ),
            no_row(
                "no timeline has more posts landed than were read from it",
                f"""
                select audited.account_native_id
                from audited
                inner join {posts_of_it}
                group by audited.account_native_id, audited.batch_id, audited.date
                having count(*) > any_value(audited.posts_read)
                """,
            ),
            no_row(
                "no timeline has fewer posts landed than were read from it, but for those in quarantine",
                f"""
                select audited.account_native_id
                from audited
                inner join landing.batches as read_with_it
                    on
                        read_with_it.source = '{platform.name}'
                        and read_with_it.table_name = 'posts'
                        and audited.batch_id = read_with_it.batch_id
                        and audited.date = read_with_it.date
                left join {posts_of_it}
                group by audited.account_native_id, audited.batch_id, audited.date
                having count(posts.batch_id) + any_value(read_with_it.quarantined) < any_value(audited.posts_read)
                """,
                "warn",
            ),
        ),
    )


FURTHER_ON_POSTS = {
    "x": (
        no_row(
            "created_at is within 5 minutes of the time that the post's id tells",
            # Since 4 November 2010 an id counts milliseconds, 22 bits up (twitter-archive/snowflake).
            """
            select id from audited
            where
                try_cast(id as bigint) >= 29700859247
                and abs(epoch_ms(created_at) - ((try_cast(id as bigint) >> 22) + 1288834974657)) > 300000
            """,
            "warn",
        ),
    ),
}
"""What only one platform's posts can get wrong."""

FURTHER_ON = {
    "mastodon.accounts": (
        in_order("last_status_at", "observed_at", "warn"),
        no_row(
            "no status of an account is newer than its last",
            """
            select audited.id
            from audited
            inner join mastodon.all_posts as posts
                on
                    audited.id = posts.account_id
                    and audited.batch_id = posts.batch_id
                    and audited.date = posts.date
            where posts.created_at > audited.last_status_at + interval 2 day
            """,
            "warn",
        ),
    ),
    "x.missing_posts": (
        no_row(
            "every post that X does not give any more was landed before, of that author",
            "select 1 from audited anti join x.all_posts as posts on audited.id = posts.id "
            "and audited.author_id = posts.author_id",
            "warn",
        ),
        no_row(
            "X says of every post that it does not give why, naming it",
            "select id from audited where not coalesce(contains(detail, id), false)",
            "warn",
        ),
    ),
}
"""What a platform's further tables can get wrong."""

PLATFORM_EXPORTS_POSTS = Suite(
    "landed",
    "platform_exports.posts",
    (
        *never_null("platform", "post_id", "account_handle", "posted_at"),
        unique("platform", "post_id", *ONE_RECORD_OF_A_BATCH),
        *at_least(0, "reactions", "comments", "shares", "quotes", "saves", "impressions", "reach", "views", "clicks"),
        no_row(
            "no post was made more than a day after its file was saved (a file's own time tells when its figures "
            "were observed: set it right with `touch -d`)",
            "select post_id from audited where posted_at > observed_at + interval 1 day",
        ),
        no_row(
            "no post was made after its file was saved (else the mapping's time zone is wrong)",
            "select post_id from audited where posted_at > observed_at",
            "warn",
        ),
        no_row(
            "no post on X is older than X",
            "select post_id from audited where platform = 'x' and posted_at < timestamp '2006-03-21'",
        ),
        # Facebook lets a page date its posts back.
        *at_least(FIRST_FACEBOOK_PAGE, "posted_at", severity="warn"),
        *_ids_are_whole("post_id", "account_native_id"),
        *_no_stray_blanks("post_id", "account_handle"),
        no_row(
            "ids of posts on X are numbers of up to 19 digits",
            "select post_id from audited where platform = 'x' and not regexp_full_match(post_id, '[0-9]{{1,19}}')",
        ),
        no_row(
            "ids of 16 digits or more do not all end in zeros, as a spreadsheet leaves them",
            "select 1 from audited where regexp_full_match(post_id, '[0-9]{{16,}}') "
            "having count(*) >= 10 and count(*) filter (where post_id like '%000') > count(*) / 2",
        ),
        no_row(
            "no post reached more people than it had impressions",
            "select post_id from audited where reach > impressions",
            "warn",
        ),
        no_row(
            "no post is claimed by two accounts",
            "select platform, post_id from audited group by all having count(distinct lower(account_handle)) > 1",
            "warn",
        ),
        no_row(
            "every account is in the ministry's register, where there is one",
            """
            select distinct audited.platform, audited.account_handle
            from audited
            anti join registry.all_accounts as register
                on
                    audited.platform = register.platform
                    and (
                        lower(audited.account_handle) = lower(register.handle)
                        or audited.account_native_id = register.native_id
                    )
            where exists (select 1 from registry.all_accounts)
            """,
            "warn",
        ),
    ),
)

SHEETS_COURSES = Suite(
    "landed",
    "sheets.courses",
    (
        *never_null("course_id"),
        unique("course_id", *ONE_RECORD_OF_A_BATCH),
        between("length_days", 1, 1500, "warn"),
        *at_least("1947-08-14", "starts_on", severity="warn"),
        *_no_stray_blanks("course_id"),
        no_row(
            "no two courses differ only in capitals",
            "select lower(course_id) from audited group by all having count(distinct course_id) > 1",
            "warn",
        ),
        no_row(
            "every session of a course is on one of its days",
            # A course's day is of its place and a session's time is UTC: 14 hours lie between them at most.
            """
            select course_id
            from audited
            inner join sheets.all_sessions as sessions using (course_id)
            where
                sessions.starts_at < audited.starts_on - interval 14 hour
                or sessions.ends_at > audited.starts_on + (audited.length_days + 1) * interval 1 day
            """,
            "warn",
        ),
        no_row(
            "nobody is nominated for a course after its first day",
            """
            select course_id
            from audited
            inner join sheets.all_nominations as nominations using (course_id)
            where nominations.nominated_on > audited.starts_on
            """,
            "warn",
        ),
        no_row(
            "no certificate is older than its course",
            """
            select course_id
            from audited
            inner join sheets.all_certificates as certificates using (course_id)
            where certificates.issued_on < audited.starts_on
            """,
            "warn",
        ),
    ),
)

SHEETS_REGISTRATIONS = Suite(
    "landed",
    "sheets.registrations",
    (
        *never_null("course_id", "person_id"),
        unique("course_id", "person_id", *ONE_RECORD_OF_A_BATCH),
        *_ids_are_whole("person_id"),
        *_no_stray_blanks("course_id", "person_id"),
        _COURSE_IS_LISTED,
        no_row(
            f"outcome is one of {', '.join(OUTCOMES)}, in any capitals, or empty",
            f"select 1 from audited where lower(outcome) not in {OUTCOMES}",
            "warn",
        ),
        _whoever_passed(
            "whoever passed has a result, where a course has results",
            _RESULTS.format(results="sheets.all_assessment_results"),
        ),
        _whoever_passed(
            "whoever passed took the test after the course, where there was one",
            "select course_id, person_id from sheets.all_test_results where phase = 'post'",
        ),
        _whoever_passed(
            "whoever passed has a certificate, where the course gives some",
            "select course_id, person_id from sheets.all_certificates",
        ),
        no_row(
            "every mission is in the ministry's register, where there is one",
            """
            select 1 from audited
            anti join registry.all_missions as missions on audited.mission_id = missions.mission_id
            where audited.mission_id is not null and exists (select 1 from registry.all_missions)
            """,
            "warn",
        ),
    ),
)

SHEETS_ASSESSMENTS = Suite(
    "landed",
    "sheets.assessments",
    (
        *never_null("assessment_id", "course_id"),
        unique("assessment_id", *ONE_RECORD_OF_A_BATCH),
        *_ids_are_whole("assessment_id"),
        *_no_stray_blanks("assessment_id", "course_id"),
        between("weight", 0, 100, "warn"),
        no_row("max_score is more than 0", "select 1 from audited where max_score <= 0", "warn"),
        no_row(
            "nothing is due after the last day of its course",
            "select 1 from audited inner join sheets.all_courses as courses using (course_id) "
            "where audited.due_day > courses.length_days",
            "warn",
        ),
        _COURSE_IS_LISTED,
        no_row(
            "no assessment belongs to two courses",
            "select assessment_id from audited group by all having count(distinct course_id) > 1",
        ),
    ),
)

SHEETS_ASSESSMENT_RESULTS = Suite(
    "landed",
    "sheets.assessment_results",
    (
        *never_null("assessment_id", "person_id"),
        unique("assessment_id", "person_id", *ONE_RECORD_OF_A_BATCH),
        *_ids_are_whole("assessment_id", "person_id"),
        *_no_stray_blanks("assessment_id", "person_id"),
        *at_least(0, "score"),
        mostly_given("score", 0.9),
        no_row(
            "no score is above the assessment's max_score, or above 100 where none is told",
            """
            select 1
            from audited
            left join (
                select assessment_id, max(max_score) as max_score from sheets.all_assessments group by all
            ) as assessments using (assessment_id)
            where audited.score > coalesce(assessments.max_score, 100)
            """,
            "warn",
        ),
        no_row(
            "every assessment is on the list of assessments",
            "select 1 from audited anti join sheets.all_assessments as assessments "
            "on audited.assessment_id = assessments.assessment_id",
            "warn",
        ),
        no_row(
            "every person is registered for some course",
            "select 1 from audited anti join sheets.all_registrations as registrations "
            "on audited.person_id = registrations.person_id",
            "warn",
        ),
        _is_registered(_RESULTS.format(results="audited")),
        no_row(
            "nothing was submitted after the day the sheet was saved",
            "select 1 from audited where submitted_on > cast(observed_at as date) + interval 1 day",
            "warn",
        ),
    ),
)

SHEETS_NOMINATIONS = Suite(
    "landed",
    "sheets.nominations",
    (
        *never_null("course_id", "person_id"),
        unique("course_id", "person_id", *ONE_RECORD_OF_A_BATCH),
        *_no_stray_blanks("course_id", "person_id"),
        _COURSE_IS_LISTED,
    ),
)

SHEETS_TEST_RESULTS = Suite(
    "landed",
    "sheets.test_results",
    (
        *never_null("course_id", "person_id", "phase"),
        unique("course_id", "person_id", "phase", *ONE_RECORD_OF_A_BATCH),
        *_no_stray_blanks("course_id", "person_id", "phase"),
        _COURSE_IS_LISTED,
        no_row("no score is above max_score", "select 1 from audited where score > max_score", "warn"),
        no_row(
            "a course's test has one max_score, told of every score or of none",
            """
            select course_id
            from audited
            where score is not null
            group by course_id, phase
            having count(distinct max_score) > 1 or count(max_score) not in (0, count(*))
            """,
            "warn",
        ),
        _is_registered("select course_id, person_id from audited"),
    ),
)

SHEETS_CERTIFICATES = Suite(
    "landed",
    "sheets.certificates",
    (
        *never_null("certificate_id"),
        unique("certificate_id", *ONE_RECORD_OF_A_BATCH),
        *_no_stray_blanks("certificate_id"),
        in_order("issued_on", "expires_on", "warn"),
        no_row(
            "every course is on the list of courses, where one is told",
            "select 1 from audited anti join sheets.all_courses as courses on audited.course_id = courses.course_id "
            "where audited.course_id is not null",
            "warn",
        ),
        no_row(
            "no certificate was given to two people",
            "select certificate_id from audited group by all having count(distinct person_id) > 1",
            "warn",
        ),
        no_row(
            "certificates that a course gave on one day end on one day",
            "select course_id from audited where course_id is not null group by course_id, issued_on "
            "having count(distinct expires_on) > 1 or count(expires_on) not in (0, count(*))",
            "warn",
        ),
        _is_registered("select course_id, person_id from audited where course_id is not null"),
        no_row(
            "nobody has the certificate of a course without having passed it, where the outcome is told",
            """
            select course_id
            from audited
            inner join sheets.all_registrations as registrations using (course_id, person_id)
            group by course_id, person_id
            having not bool_or(lower(outcome) in ('pass', 'distinction'))
            """,
            "warn",
        ),
    ),
)

SHEETS_STAFF = Suite(
    "landed",
    "sheets.staff",
    (
        *never_null("person_id", "mission_id"),
        unique("person_id", *ONE_RECORD_OF_A_BATCH),
        *_no_stray_blanks("person_id", "mission_id"),
        no_row(
            "nobody is posted later than a year after the list",
            "select 1 from audited where posted_on > cast(observed_at as date) + interval 1 year",
            "warn",
        ),
    ),
)

SHEETS_SESSIONS = Suite(
    "landed",
    "sheets.sessions",
    (
        *_keeps_its_contract(sheets.SESSIONS),
        *_ids_are_whole("session_id", "course_id", "zoom_meeting_id"),
        *_no_stray_blanks("session_id", "course_id"),
        between("present_share", 0, 1),
        no_row("every session ends after it starts", "select 1 from audited where ends_at <= starts_at"),
        no_row(
            "no session lasts longer than a day",
            "select 1 from audited where ends_at > starts_at + interval 1 day",
            "warn",
        ),
        _COURSE_IS_LISTED,
        no_row(
            "somebody signed for every session in a hall, where a course has sign-in sheets",
            """
            select session_id
            from audited
            anti join sheets.all_sign_ins as sign_ins on audited.session_id = sign_ins.session_id
            where
                audited.zoom_meeting_id is null
                and audited.teams_meeting_id is null
                and exists (select 1 from sheets.all_sign_ins)
            """,
            "warn",
        ),
    ),
)

SHEETS_SIGN_INS = Suite(
    "landed",
    "sheets.sign_ins",
    (
        *_keeps_its_contract(sheets.SIGN_INS),
        *_ids_are_whole("session_id", "service_number"),
        *_no_stray_blanks("session_id"),
        in_order("signed_at", "left_at", "warn"),
        no_row(
            "every session is on the list of sessions",
            "select 1 from audited anti join sheets.all_sessions as sessions "
            "on audited.session_id = sessions.session_id",
            "warn",
        ),
        no_row(
            "nobody signs two hours before the session or two hours after it",
            """
            select session_id
            from audited
            inner join sheets.all_sessions as sessions using (session_id)
            where
                audited.signed_at < sessions.starts_at - interval 2 hour
                or greatest(audited.signed_at, audited.left_at) > sessions.ends_at + interval 2 hour
            """,
            "warn",
        ),
    ),
)


def _meetings(contract: Contract) -> Suite:
    return Suite(
        "landed",
        contract.name,
        (
            *_keeps_its_contract(contract),
            in_order("joined_at", "left_at", "warn"),
            no_row(
                "no stay lasts longer than a day",
                "select 1 from audited where left_at > joined_at + interval 1 day",
                "warn",
            ),
            no_row(
                "all stays in a meeting tell the same of it",
                "select meeting_key from audited group by meeting_key, batch_id, date having "
                + " or ".join(
                    f"count(distinct {column}) > 1 or count({column}) not in (0, count(*))"
                    for column in ("meeting_id", "topic", "meeting_started_at", "meeting_ended_at")
                ),
                "warn",
            ),
            no_row(
                "the role is told of everybody in a meeting or of nobody, where it is not only told of guests",
                "select meeting_key from audited group by meeting_key, batch_id, date "
                "having count(role) < count(*) and count_if(role != 'guest') > 0",
                "warn",
            ),
            no_row(
                "nobody is in a meeting before it starts or after it ends, but for five minutes",
                """
                select meeting_key
                from audited
                where
                    joined_at < meeting_started_at - interval 5 minute
                    or greatest(joined_at, left_at) > meeting_ended_at + interval 5 minute
                """,
                "warn",
            ),
            no_row(
                "a stay lasts from its beginning to its end, but for two minutes",
                "select meeting_key from audited where abs(duration_seconds - epoch(left_at - joined_at)) > 120",
                "warn",
            ),
        ),
    )


_IS_A_COURSE = no_row(
    "every course is on Moodle's list of the same day",
    "select 1 from audited anti join moodle.all_courses as courses "
    "on audited.course_id = courses.id and audited.date = courses.date",
    "warn",
)
_IS_ENROLLED = no_row(
    "everybody is enrolled in the course on the same day",
    "select 1 from audited anti join moodle.all_enrolments as enrolments using (course_id, user_id, date)",
    "warn",
)


def _told_again(table: str) -> Expect:
    return no_row(
        f"of every course whose {table} were read the day before they were read again",
        f"""
        select course_id
        from (
            select distinct enrolments.course_id, audited.date, max(enrolments.date) as date_before
            from audited
            inner join moodle.all_enrolments as enrolments
                on audited.course_id = enrolments.course_id and enrolments.date < audited.date
            group by enrolments.course_id, audited.date
        ) as read
        semi join moodle.all_{table} as before
            on read.course_id = before.course_id and read.date_before = before.date
        anti join moodle.all_{table} as again on read.course_id = again.course_id and read.date = again.date
        """,
        "warn",
    )


MOODLE_COURSES = Suite(
    "landed",
    "moodle.courses",
    (
        *_keeps_its_contract(moodle.COURSES),
        no_row(
            "categoryid is a number",
            "select id from audited where not regexp_full_match(categoryid, '[0-9]+')",
            "warn",
        ),
        in_order("startdate", "enddate", "warn"),
        in_order("timemodified", "observed_at", "warn"),
        no_row(
            "no two courses of a batch have one short name",
            "select shortname from audited group by shortname, date, batch_id having count(*) > 1",
            "warn",
        ),
    ),
)

MOODLE_ENROLMENTS = Suite(
    "landed",
    "moodle.enrolments",
    (
        *_keeps_its_contract(moodle.ENROLMENTS),
        *_ids_are_whole("service_number"),
        _IS_A_COURSE,
        in_order("lastcourseaccess", "observed_at", "warn"),
        _told_again("completions"),
        _told_again("grades"),
        no_row(
            "no service number is two people's in a course",
            """
            select course_id
            from audited
            where service_number is not null
            group by course_id, service_number, date, batch_id
            having count(*) > 1
            """,
            "warn",
        ),
    ),
)

MOODLE_COMPLETIONS = Suite(
    "landed",
    "moodle.completions",
    (
        *_keeps_its_contract(moodle.COMPLETIONS),
        _IS_A_COURSE,
        _IS_ENROLLED,
        in_order("last_criterion", "observed_at", "warn"),
        no_row("no more criteria are met than there are", "select 1 from audited where criteria_complete > criteria"),
        no_row(
            "completed is told of those who met all the criteria, where all are needed",
            "select 1 from audited where aggregation = '1' and completed and criteria_complete < criteria",
            "warn",
        ),
        in_order("first_criterion", "last_criterion", "warn"),
    ),
)

MOODLE_GRADES = Suite(
    "landed",
    "moodle.grades",
    (
        *_keeps_its_contract(moodle.GRADES),
        _IS_A_COURSE,
        _IS_ENROLLED,
        in_order("grademin", "graderaw", "warn"),
        in_order("graderaw", "grademax", "warn"),
        in_order("gradedategraded", "observed_at", "warn"),
        no_row(
            "everybody in a course has each of its grade items",
            """
            select course_id
            from audited
            group by course_id, date, batch_id
            having count(*) < 0.95 * count(distinct user_id) * count(distinct item_id)
            """,
            "warn",
        ),
    ),
)

REGISTRY_MISSIONS = Suite(
    "landed",
    "registry.missions",
    (
        *never_null("mission_id", "name", "time_zone"),
        unique("mission_id", *ONE_RECORD_OF_A_BATCH),
        *_no_stray_blanks("mission_id"),
        no_row(
            "no mission is called 'unassigned', which is where accounts without a mission are counted",
            "select mission_id from audited where lower(mission_id) = 'unassigned'",
        ),
        between("latitude", -90, 90, "warn"),
        between("longitude", -180, 180, "warn"),
        no_row(
            "no mission lies in the sea at 0, 0",
            "select mission_id from audited where latitude = 0 and longitude = 0",
            "warn",
        ),
    ),
)

REGISTRY_ACCOUNTS = Suite(
    "landed",
    "registry.accounts",
    (
        *never_null("platform", "handle", "mission_id", "registered_from"),
        unique("platform", "handle", *ONE_RECORD_OF_A_BATCH),
        in_order("registered_from", "registered_until", "warn"),
        *_ids_are_whole("native_id"),
        no_row(
            "every account's mission is in the same day's register of missions",
            "select handle from audited anti join registry.all_missions as missions "
            "on audited.mission_id = missions.mission_id and audited.date = missions.date",
        ),
        no_row(
            "no native id is registered for two handles that are held on one day",
            """
            select platform, native_id
            from audited
            where native_id is not null and coalesce(registered_until >= date, true)
            group by date, batch_id, platform, native_id
            having count(distinct lower(handle)) > 1
            """,
        ),
        no_row(
            "the register is not emptied where an earlier one named accounts",
            """
            select max_by(landed, date)
            from landing.batches
            where source = 'registry' and table_name = 'accounts'
            having max_by(landed, date) = 0 and sum(landed) > 0
            """,
        ),
        no_row(
            "the register is as new as what was read by it",
            f"""
            select max(date)
            from landing.batches
            where source not in {(*FED_BY_FILES, "enrichment", "identity")}
            having max(date) > max(date) filter (where source = 'registry' and table_name = 'accounts')
            """,
            "warn",
        ),
        no_row(
            "the register is not half as long as the one before",
            """
            select date
            from (
                select date, count(*) as accounts, lag(count(*)) over (order by date) as accounts_before
                from registry.all_accounts
                group by date
            ) as registers
            where date in (select date from audited) and accounts * 2 < accounts_before
            """,
            "warn",
        ),
    ),
)

SUITES = (
    REGISTRY_MISSIONS,
    REGISTRY_ACCOUNTS,
    *(suite for name in registry.PLATFORMS for suite in platform_suites(registry.platform(name))),
    PLATFORM_EXPORTS_POSTS,
    SHEETS_COURSES,
    SHEETS_REGISTRATIONS,
    SHEETS_ASSESSMENTS,
    SHEETS_ASSESSMENT_RESULTS,
    SHEETS_NOMINATIONS,
    SHEETS_TEST_RESULTS,
    SHEETS_CERTIFICATES,
    SHEETS_STAFF,
    XAPI_STATEMENTS,
    MOODLE_COURSES,
    MOODLE_ENROLMENTS,
    MOODLE_COMPLETIONS,
    MOODLE_GRADES,
    SHEETS_SESSIONS,
    SHEETS_SIGN_INS,
    _meetings(zoom.PARTICIPANTS),
    _meetings(teams.PARTICIPANTS),
    LANDED_CHANGES,
    LANDED_HABITS,
)
