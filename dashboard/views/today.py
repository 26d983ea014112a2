"""today"""

from dashboard.page import Page

ICON = ":material/public:"


def show(page: Page) -> None:
    page.show(
        "posts",
        title="Posts",
        note="x",
        table=page.query(
            "select platform, count(*) as posts from fct_post where posted_date between $first_day and $last_day group by all"
        ),
    )
