"""The suite over training statements: what a learning record store may take in and the figures cannot use.

A score or a time that cannot be is one person's entry, so it warns.
"""

from expectations.suite import Suite, between, in_order, never_null, no_row, unique

XAPI_STATEMENTS = Suite(
    "landed",
    "xapi.statements",
    (
        *never_null("id", "stored", "verb_id"),
        unique("id", "batch_id", "date"),
        no_row(
            "no statement is landed in two batches of a day",
            "select id from audited group by id, date having count(distinct batch_id) > 1",
        ),
        no_row(
            "stored lies in the day that the statement is landed for",
            "select id from audited where cast(stored as date) != date",
            "warn",
        ),
        in_order("stored", "observed_at", "warn"),
        no_row(
            "no statement was stored more than a day before it happened",
            "select id from audited where stored < timestamp - interval 1 day",
            "warn",
        ),
        between("result_score_scaled", -1, 1, "warn"),
        in_order("result_score_min", "result_score_raw", "warn"),
        in_order("result_score_raw", "result_score_max", "warn"),
        no_row(
            "every statement names its actor",
            """
            select id from audited
            where
                coalesce(actor_mbox, actor_mbox_sha1sum, actor_account_name, actor_openid, actor_name) is null
            """,
            "warn",
        ),
    ),
)
