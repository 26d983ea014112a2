"""All kinds of alerts together: one row per alert, the first day on which its subject passed the bar."""

import polars as pl

from orchestration.alerts import accounts, posts

QUIET_DAYS = 7
"""A subject that passes a bar again within so many days is the same alert."""
SAME_CAUSE_DAYS = 5
"""A post that spreads and its account's high engagement within so many days have one cause and make one alert."""
MOST = 0.7
"""Of an account's engagements, from which on a single post is the cause."""
SEVERE = 1.5
"""An alert is severe whose score is so many times its bar."""

DAYS = {
    "account_id": pl.String,
    "platform": pl.String,
    "region": pl.String,
    "day": pl.Date,
    "is_told": pl.Boolean,
    "posts": pl.Int64,
    "gained": pl.Int64,
    "replies_gained": pl.Int64,
    "followers": pl.Int64,
}
POSTS = {
    "post_id": pl.String,
    "account_id": pl.String,
    "is_reply": pl.Boolean,
    "posted_date": pl.Date,
    "day": pl.Date,
    "age_days": pl.Int64,
    "engagements": pl.Int64,
}
COPIES = {"post_id": pl.String, "first_post_id": pl.String, "account_id": pl.String, "posted_date": pl.Date}


def alerts(days: pl.DataFrame, of_posts: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """One row per alert. The rows' order is of no account, and a day's alerts rest on no later day."""
    high, spreading = _by_cause(accounts.engagement(days, "engagement_high"), posts.spreading(of_posts))
    found = pl.concat(
        [
            high,
            accounts.engagement(days, "engagement_low"),
            spreading,
            accounts.silence(days),
            accounts.followers(days),
            accounts.replies(days),
            posts.waves(copies),
        ]
    )
    relative = (pl.col("score") / pl.col("bar")).abs()
    subject = ["kind", "subject_id"]
    before = pl.col("alert_date").shift(1).over(subject)
    return (
        found.sort(*subject, "alert_date", relative, descending=[False, False, False, True])
        .filter(before.is_null() | (pl.col("alert_date") - before > pl.duration(days=QUIET_DAYS)))
        .with_columns(strength=relative)
        .with_columns(severity=pl.when(pl.col("strength") >= SEVERE).then(pl.lit("high")).otherwise(pl.lit("medium")))
        .drop("bar", "score")
        .sort("alert_date", *subject)
    )


def _by_cause(high: pl.DataFrame, spreading: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """High engagement that is not one spreading post's; and spreading posts, but for those of an account all of whose
    posts spread."""
    one_post = _upon(high, spreading, pl.col("cause_observed") >= MOST * pl.col("observed"))
    high = high.join(one_post, on=["subject_id", "alert_date"], how="anti")
    whole_account = _upon(spreading, high)
    not_alone = _upon(spreading, spreading, pl.col("subject_id") != pl.col("cause_id"))
    several = whole_account.join(not_alone, on=["subject_id", "alert_date"], how="semi")
    return high, spreading.join(several, on=["subject_id", "alert_date"], how="anti")


def _upon(found: pl.DataFrame, causes: pl.DataFrame, condition: pl.Expr | None = None) -> pl.DataFrame:
    """Those of ``found`` on whose day, or shortly before, one of ``causes`` came upon the same account."""
    pairs = found.join(
        causes.select("account_id", cause_id="subject_id", cause_date="alert_date", cause_observed="observed"),
        on="account_id",
    )
    age = pl.col("alert_date") - pl.col("cause_date")
    near = age.is_between(pl.duration(days=0), pl.duration(days=SAME_CAUSE_DAYS))
    pairs = pairs.filter(near) if condition is None else pairs.filter(near & condition)
    return pairs.select("subject_id", "alert_date").unique()
