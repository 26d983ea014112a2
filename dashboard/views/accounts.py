"""Accounts: how they stand against the ministry's standard, what to fix, which are silent, and which are not ours."""

import polars as pl

from dashboard.charts import bars
from dashboard.filters import CHOSEN
from dashboard.language import number, share
from dashboard.page import Page
from orchestration.dbt import project_vars

ICON = ":material/badge:"

RULES = f"""
select
    rule,
    count(*) as accounts,
    count(is_met) as accounts_told,
    count(*) filter (not is_met) as accounts_not_met,
    accounts_not_met / nullif(accounts_told, 0) as share_not_met
from asset_standards
where {CHOSEN}
group by rule
order by accounts_not_met desc, rule
"""

SCORES = f"""
select
    dim_mission.name as mission_name,
    scores.platform,
    scores.handle,
    scores.score,
    scores.rules_met,
    scores.rules_met + scores.rules_not_met as rules_told,
    scores.what_to_fix,
    scores.rules_not_told,
    scores.last_posted_date,
    scores.days_silent,
    scores.is_dormant
from (select * from asset_scores where {CHOSEN}) as scores
left join dim_mission on scores.mission_id = dim_mission.mission_id
order by scores.score nulls last, mission_name, scores.platform
"""

LOOKALIKES = f"""
select
    platform,
    handle,
    resemblance,
    resembled_handle,
    evidence,
    posts,
    first_posted_date,
    last_posted_date
from unregistered_lookalikes
where {CHOSEN}
order by posts desc, platform, handle
"""

CHANGES = f"""
select
    profiles.valid_from_date,
    profiles.platform,
    profiles.handle,
    profiles.changes,
    profiles.display_name,
    profiles.profile_text,
    profiles.websites
from account_profiles as profiles
inner join (select account_id from dim_account where is_current and {CHOSEN}) as accounts
    on profiles.account_id = accounts.account_id
where profiles.changes is not null and profiles.valid_from_date between $first_day and $last_day
order by profiles.valid_from_date desc, profiles.platform, profiles.handle
"""


def show(page: Page) -> None:
    scores = page.query(SCORES)
    _standards(page, scores)
    _what_to_fix(page, scores)
    _dormant(page, scores)
    lookalikes = page.query(LOOKALIKES)
    page.show(
        "lookalikes",
        title=page.words("lookalikes_title", handles=number(lookalikes.height)),
        note=page.words("lookalikes_note"),
        table=lookalikes,
    )
    changes = page.query(CHANGES)
    page.show(
        "profile-changes",
        title=page.words("profiles_title", changes=number(changes.height)),
        note=page.words("profiles_note"),
        table=changes,
    )


def _standards(page: Page, scores: pl.DataFrame) -> None:
    rules = page.query(RULES)
    rules = rules.with_columns(pl.Series("rule", [page.words.known(f"rule_{rule}", rule) for rule in rules["rule"]]))
    told = scores.drop_nulls("score")
    page.show(
        "standards",
        title=page.words("standards_title", met=number((told["score"] == 1).sum()), told=number(told.height)),
        note=page.words("standards_note"),
        table=rules,
        chart=bars(rules, value="accounts_not_met", label="rule", value_title=page.words("standards_axis")),
    )


def _what_to_fix(page: Page, scores: pl.DataFrame) -> None:
    to_fix = scores.drop_nulls("what_to_fix")
    page.show(
        "what-to-fix",
        title=page.words("fix_title", accounts=number(to_fix.height), all=number(scores.height)),
        note=page.words("fix_note"),
        table=to_fix.drop("last_posted_date", "days_silent", "is_dormant"),
    )


def _dormant(page: Page, scores: pl.DataFrame) -> None:
    dormant = scores.filter("is_dormant").sort("days_silent", descending=True, nulls_last=True)
    known = scores["is_dormant"].drop_nulls().len()
    page.show(
        "dormant",
        title=page.words(
            "dormant_title",
            accounts=number(dormant.height),
            known=number(known),
            share=share(dormant.height / known if known else None),
            days=project_vars()["dormant_after_days"],
        ),
        note=page.words("dormant_note", unknown=number(scores.height - known)),
        table=dormant.select("mission_name", "platform", "handle", "last_posted_date", "days_silent"),
    )
