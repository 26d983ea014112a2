"""Forty posts of three accounts over five days, and the engagement reports that follow from them by hand.

Of each account a table says what each night told of each post; "-" is not told. Sunday has no night. Engagements are
reactions + comments + shares + saves, and the sums below are worked out from the tables on paper:

- X (the Paris embassy's) tells impressions and no reach. 101 is restated downwards on Monday; 102 is gone from
  Monday's timeline; Saturday's reading of 103 lands after Monday's night was built; Tuesday tells no impressions of
  111, whose last ones stand; of 134 there are impressions and no engagements.
- Instagram (Dakar's) tells reach and no impressions. Friday's night could not read it. Of 212 likes are hidden, so
  its comments and saves alone count; 232 has no reach.
- Mastodon (Paris's, handed to Dakar on Monday) tells neither impressions nor reach. 312 is a boost, whose counts
  belong to another's post.
"""

import json
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from orchestration.landing import Batch, Landing
from orchestration.pseudonyms import make_key_once
from orchestration.sources import instagram, mastodon, registry, x
from tests.dbt import run_dbt
from tests.platforms import every_contract

NIGHTS = {
    "Fri": date(2026, 2, 27),
    "Sat": date(2026, 2, 28),
    "Sun": date(2026, 3, 1),
    "Mon": date(2026, 3, 2),
    "Tue": date(2026, 3, 3),
}

# likes, replies, reposts, impressions
X_POSTS = """
post  day  Fri          Sat          Mon          Tue
101   Fri  10 1 1 300   12 1 2 400   9 1 2 420    9 1 2 430
102   Fri  4 0 0 100    5 1 0 120
103   Fri  5 0 0 100    LATE         10 2 1 200   10 2 1 200
104   Fri  0 0 0 50     1 0 0 60     1 0 0 60     2 0 0 70
111   Sat               20 2 3 500   26 3 3 700   27 3 3 -
112   Sat               6 0 1 150    7 0 1 200    7 0 1 210
113   Sat               0 0 0 40     3 0 0 80     3 0 0 90
114   Sat               2 1 0 60     2 1 0 70     4 1 1 100
121   Sun                            8 1 1 200    9 1 1 240
122   Sun                            3 0 0 90     3 1 0 100
123   Sun                            12 2 4 400   15 2 5 500
124   Sun                            1 0 0 30     1 0 0 40
131   Mon                            5 0 0 100    9 1 1 180
132   Mon                            2 0 0 80     2 0 0 100
133   Mon                            7 1 2 220    10 2 2 300
134   Mon                            - - - 50     - - - 60
141   Tue                                         3 0 0 60
142   Tue                                         1 0 1 40
143   Tue                                         0 0 0 20
144   Tue                                         6 1 1 130
"""
LATE = "8 1 0 150"

# likes, comments, shares, saves, reach
INSTAGRAM_POSTS = """
post  day  Fri          Sat          Mon          Tue
201   Fri               30 2 1 4 400 40 3 1 5 600 41 3 1 5 650
202   Fri               10 0 0 1 200 12 0 0 1 250 12 0 0 1 250
211   Sat               8 1 0 0 150  20 1 1 2 300 20 1 1 2 320
212   Sat               - 1 0 0 100  - 2 0 1 180  - 2 0 1 190
221   Sun                            15 0 2 1 240 18 0 2 2 280
222   Sun                            5 1 0 0 100  5 1 0 0 120
231   Mon                            6 0 0 0 90   9 1 0 1 200
232   Mon                            2 0 0 0 -    3 0 0 0 -
241   Tue                                         4 0 0 0 80
242   Tue                                         7 1 1 1 120
"""

# favourites, replies, reblogs
MASTODON_POSTS = """
post  day  Fri          Sat          Mon          Tue
301   Fri  3 0 1        4 1 1        4 1 1        5 1 1
302   Fri  1 0 0        1 0 0        2 0 0        2 0 0
311   Sat               2 2 0        5 2 1        5 2 1
312   Sat               99 9 9       99 9 9       99 9 9
321   Sun                            6 0 2        6 1 2
322   Sun                            0 0 0        1 0 0
331   Mon                            1 0 0        1 0 1
332   Mon                            2 1 0        4 1 0
341   Tue                                         0 0 0
342   Tue                                         1 1 1
"""

FOLLOWERS = {
    "x": {"Fri": 1000, "Sat": 1010, "Mon": 1030, "Tue": 1020},
    "instagram": {"Sat": 500, "Mon": 510, "Tue": 515},
    "mastodon": {"Fri": 200, "Sat": 200, "Mon": 210, "Tue": 212},
}


def told(table: str) -> dict[tuple[str, str], list[str]]:
    """What each night told, by post and night; columns stand below their headings."""
    heading, *rows = table.strip().splitlines()
    starts = {night: heading.index(night) for night in ("Fri", "Sat", "Mon", "Tue")}
    ends = [*list(starts.values())[1:], None]
    return {
        (row.split()[0], night): row[start:end].split()
        for row in rows
        for (night, start), end in zip(starts.items(), ends, strict=True)
        if row[start:end].strip()
    }


def posted_at(table: str) -> dict[str, str]:
    days = dict(row.split()[:2] for row in table.strip().splitlines()[1:])
    return {post: f"{NIGHTS[day]}T10:00:00Z" for post, day in days.items()}


def number(text: str) -> int | None:
    return None if text == "-" else int(text)


def x_post(post: str, at: str, counts: list[str]) -> dict:
    names = ("like_count", "reply_count", "repost_count", "impression_count")
    metrics = dict(zip(names, map(number, counts), strict=True))
    return {"id": post, "author_id": "7", "text": f"Post {post}", "created_at": at, "public_metrics": metrics}


def instagram_post(post: str, at: str, counts: list[str]) -> dict:
    likes, comments, shares, saved, reach = map(number, counts)
    insights = {"shares": shares, "saved": saved, "reach": reach}
    return {
        "id": post,
        "ig_user_id": "8",
        "timestamp": at,
        "like_count": likes,
        "comments_count": comments,
        "insights_by_name": insights,
    }


def mastodon_post(post: str, at: str, counts: list[str]) -> dict:
    names = ("favourites_count", "replies_count", "reblogs_count")
    boosted = {"reblog": {"id": "999", "content": "Another's"}} if post == "312" else {"content": f"Post {post}"}
    return {
        "id": post,
        "account_id": "9",
        "created_at": at,
        **boosted,
        **dict(zip(names, map(int, counts), strict=True)),
    }


def x_account(followers: int) -> dict:
    return {"id": "7", "username": "Paris", "name": "Paris", "public_metrics": {"followers_count": followers}}


def instagram_account(followers: int) -> dict:
    return {"id": "8", "username": "dakar", "followers_count": followers}


def mastodon_account(followers: int) -> dict:
    return {"id": "9", "handle": "paris@social.example", "server": "social.example", "followers_count": followers}


class Ministry:
    def __init__(self, data):
        self.data = data
        self.landing = Landing(data / "landing", is_synthetic=False)
        for contract in every_contract():
            self.landing.declare(contract)
        make_key_once(data / "pseudonym.key")
        places = (("paris", "Paris", "FR", "France", "Europe"), ("dakar", "Dakar", "SN", "Senegal", "Africa"))
        missions = [
            {
                "mission_id": mission,
                "name": f"Embassy {city}",
                "kind": "embassy",
                "city": city,
                "country_code": code,
                "country": country,
                "region": region,
                "time_zone": f"{'Europe' if mission == 'paris' else 'Africa'}/{city}",
            }
            for mission, city, code, country, region in places
        ]
        for night, holder in (("Fri", "paris"), ("Mon", "dakar")):
            held = (("x", "Paris", "7", "paris"), ("instagram", "dakar", "8", "dakar"))
            accounts = [
                {"platform": platform, "handle": handle, "native_id": native_id, "mission_id": mission}
                | {"registered_from": "2021-04-01"}
                for platform, handle, native_id, mission in (*held, ("mastodon", "paris@social.example", "9", holder))
            ]
            self.land(registry.MISSIONS, night, "register", missions)
            self.land(registry.ACCOUNTS, night, "register", accounts)

    def land(self, contract, night: str, batch_id: str, payloads: list[dict]) -> None:
        receipt = self.landing.write(
            Batch(
                contract=contract,
                batch_id=batch_id,
                source_file=f"{contract.source} api",
                observed_at=datetime.combine(NIGHTS[night], datetime.min.time(), UTC) + timedelta(hours=25),
                day=NIGHTS[night],
                text=contract.from_payloads([json.dumps(payload) for payload in payloads]),
                is_synthetic=False,
            )
        )
        assert receipt.landed == len(payloads)

    def night(self, night: str) -> None:
        """All that the three platforms told that night."""
        platforms = (
            (x.PLATFORM, "7", x_account, x_post, X_POSTS),
            (instagram.PLATFORM, "8", instagram_account, instagram_post, INSTAGRAM_POSTS),
            (mastodon.PLATFORM, "9", mastodon_account, mastodon_post, MASTODON_POSTS),
        )
        for platform, native_id, account, post, table in platforms:
            if night not in FOLLOWERS[platform.name]:
                continue
            at = posted_at(table)
            posts = [
                post(number, at[number], counts)
                for (number, when), counts in told(table).items()
                if when == night and counts != ["LATE"]
            ]
            timeline = {
                "account_native_id": native_id,
                "window_start": "2026-02-01T00:00:00Z",
                "window_end": f"{NIGHTS[night] + timedelta(days=1)}T00:00:00Z",
                "posts_read": len(posts),
            }
            self.land(platform.accounts, night, "night", [account(FOLLOWERS[platform.name][night])])
            self.land(platform.posts, night, "night", posts)
            self.land(platform.timelines, night, "night", [timeline])

    def build(self) -> None:
        run_dbt(
            self.data,
            "build",
            "--exclude-resource-type=unit_test",
            "--indirect-selection=cautious",
            "--select=+engagement_adds_up",
        )

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.data / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def ministry(tmp_path_factory) -> Ministry:
    built = Ministry(tmp_path_factory.mktemp("fixture"))
    for night in ("Fri", "Sat", "Mon"):
        built.night(night)
    built.build()
    built.land(x.POSTS, "Sat", "late", [x_post("103", posted_at(X_POSTS)["103"], LATE.split())])
    built.night("Tue")
    built.build()
    return built


def rows(ministry: Ministry, account: str, grain: str) -> list[tuple]:
    return ministry.query(
        "select strftime(period_start_date, '%m-%d'), mission_id, posts, reposts, posts_deleted, engagements, "
        "engagements_gained, engagements_gained_over_gaps, followers, followers_gained, "
        "engagement_rate_by_followers, engagement_rate_by_reach, engagement_rate_by_impressions "
        f"from marts.engagement_by_account where account_id = '{account}' and period_grain = '{grain}' "
        "order by period_start_date, mission_id desc"
    )


def near(*expected: tuple) -> list[tuple]:
    """The expected rows; a fraction is equal to the last bit but one."""
    return [tuple(pytest.approx(value) if isinstance(value, float) else value for value in row) for row in expected]


# Each row below: period, mission, posts, reposts, deleted, engagements, gained, of it over gaps, followers, gained,
# rate by followers, by reach, by impressions.


def test_the_forty_posts_are_all_there_and_the_one_that_is_gone_says_since_when(ministry):
    kinds = ministry.query("select platform, kind, count(*) from marts.fct_post group by all order by all")
    assert kinds == [
        ("instagram", "original", 10),
        ("mastodon", "original", 9),
        ("mastodon", "repost", 1),
        ("x", "original", 20),
    ]
    deleted = ministry.query("select post_id, deleted_at, engagements from marts.fct_post where deleted_at is not null")
    # Monday's night read the timeline at 01:00 on Tuesday; 5 likes + 1 reply had been told on Saturday.
    assert deleted == [("x:102", datetime(2026, 3, 3, 1), 6)]


def test_x_by_day(ministry):
    # Engagements, as last told:
    #   Fri  101: 9+1+2 = 12, 102: 5+1+0 = 6, 103: 10+2+1 = 13, 104: 2      33
    #   Sat  111: 27+3+3 = 33, 112: 7+0+1 = 8, 113: 3, 114: 4+1+1 = 6       50
    #   Sun  121: 9+1+1 = 11, 122: 3+1 = 4, 123: 15+2+5 = 22, 124: 1        38
    #   Mon  131: 9+1+1 = 11, 132: 2, 133: 10+2+2 = 14, 134: not told       27
    #   Tue  141: 3, 142: 1+1 = 2, 143: 0, 144: 6+1+1 = 8                   13
    # Impressions: Fri 430+120+200+70 = 820, Sat 700 (told on Monday)+210+90+100 = 1100, Sun 240+100+500+40 = 880,
    #   Mon 180+100+300 = 580 (134 has no engagements, so its 60 stay out), Tue 60+40+20+130 = 250.
    # Followers of the posts: Fri 4 x 1000, Sat 4 x 1010, Sun 4 x 1010 (told on Saturday), Mon 3 x 1030, Tue 4 x 1020.
    # Gained by posts of any age:
    #   Fri  12 + 4 + 5 + 0 = 21
    #   Sat  101: 15-12 = 3, 102: 6-4 = 2, 103: 9-5 = 4 (the late reading), 104: 1; new: 25 + 7 + 0 + 3     45
    #   Mon  since Saturday 101: 12-15 = -3, 103: 13-9 = 4, 104: 0, 111: 32-25 = 7, 112: 1, 113: 3, 114: 0,
    #        first seen a day late: 10 + 3 + 18 + 1 = 32, so 12 + 32 = 44 over gaps; new: 5 + 2 + 10 = 17    61
    #   Tue  104: 1, 111: 1, 114: 3, 121: 1, 122: 1, 123: 4, 131: 6, 133: 4, the others 0; new: 13          34
    assert rows(ministry, "x:7", "day") == near(
        ("02-27", "paris", 4, 0, 1, 33, 21, None, 1000, None, 33 / 4000, None, 33 / 820),
        ("02-28", "paris", 4, 0, 0, 50, 45, None, 1010, 10, 50 / 4040, None, 50 / 1100),
        ("03-01", "paris", 4, 0, 0, 38, None, None, None, None, 38 / 4040, None, 38 / 880),
        ("03-02", "paris", 4, 0, 0, 27, 61, 44, 1030, 20, 27 / 3090, None, 27 / 580),
        ("03-03", "paris", 4, 0, 0, 13, 34, None, 1020, -10, 13 / 4080, None, 13 / 250),
    )


def test_x_by_week_and_month(ministry):
    # Week of 23 February: Fri, Sat, Sun. 33+50+38 = 121; 21+45 = 66; 4000+4040+4040 = 12080; 820+1100+880 = 2800.
    # Week of 2 March: Mon, Tue. 27+13 = 40; 61+34 = 95; 20-10 = 10; 3090+4080 = 7170; 580+250 = 830.
    assert rows(ministry, "x:7", "week") == near(
        ("02-23", "paris", 12, 0, 1, 121, 66, None, 1010, 10, 121 / 12080, None, 121 / 2800),
        ("03-02", "paris", 8, 0, 0, 40, 95, 44, 1020, 10, 40 / 7170, None, 40 / 830),
    )
    # February: Fri, Sat. 33+50 = 83; 4000+4040 = 8040; 820+1100 = 1920.
    # March: Sun, Mon, Tue. 38+27+13 = 78; 4040+3090+4080 = 11210; 880+580+250 = 1710.
    assert rows(ministry, "x:7", "month") == near(
        ("02-01", "paris", 8, 0, 1, 83, 66, None, 1010, 10, 83 / 8040, None, 83 / 1920),
        ("03-01", "paris", 12, 0, 0, 78, 95, 44, 1020, 10, 78 / 11210, None, 78 / 1710),
    )


def test_instagram_by_day(ministry):
    # Engagements:
    #   Fri  201: 41+3+1+5 = 50, 202: 12+0+0+1 = 13                         63
    #   Sat  211: 20+1+1+2 = 24, 212: 2+0+1 = 3                             27
    #   Sun  221: 18+0+2+2 = 22, 222: 5+1 = 6                               28
    #   Mon  231: 9+1+0+1 = 11, 232: 3                                      14
    #   Tue  241: 4, 242: 7+1+1+1 = 10                                      14
    # Reach: Fri 650+250 = 900, Sat 320+190 = 510, Sun 280+120 = 400, Mon 200 (231 alone, so 11 over 200), Tue 80+120.
    # Followers of the posts: Fri 2 x 500 (first told on Saturday), Sat 2 x 500, Sun 2 x 500, Mon 2 x 510, Tue 2 x 515.
    # Gained:
    #   Sat  first seen a day late: 201: 37, 202: 11, together 48 over gaps; new: 9 + 1                     58
    #   Mon  since Saturday 201: 49-37 = 12, 202: 13-11 = 2, 211: 24-9 = 15, 212: 3-1 = 2; first seen a day late:
    #        18 + 6 = 24, so 31 + 24 = 55 over gaps; new: 6 + 2                                             63
    #   Tue  201: 1, 221: 4, 231: 5, 232: 1, the others 0; new: 4 + 10                                      25
    assert rows(ministry, "instagram:8", "day") == near(
        ("02-27", "dakar", 2, 0, 0, 63, None, None, None, None, 63 / 1000, 63 / 900, None),
        ("02-28", "dakar", 2, 0, 0, 27, 58, 48, 500, None, 27 / 1000, 27 / 510, None),
        ("03-01", "dakar", 2, 0, 0, 28, None, None, None, None, 28 / 1000, 28 / 400, None),
        ("03-02", "dakar", 2, 0, 0, 14, 63, 55, 510, 10, 14 / 1020, 11 / 200, None),
        ("03-03", "dakar", 2, 0, 0, 14, 25, None, 515, 5, 14 / 1030, 14 / 200, None),
    )


def test_instagram_by_week_and_month(ministry):
    # Week of 23 February: 63+27+28 = 118 over 3 x 1000 and 900+510+400 = 1810.
    # Week of 2 March: 14+14 = 28 over 1020+1030 = 2050; with reach 11+14 = 25 over 400; 63+25 = 88; 10+5 = 15.
    assert rows(ministry, "instagram:8", "week") == near(
        ("02-23", "dakar", 6, 0, 0, 118, 58, 48, 500, None, 118 / 3000, 118 / 1810, None),
        ("03-02", "dakar", 4, 0, 0, 28, 88, 55, 515, 15, 28 / 2050, 25 / 400, None),
    )
    # February: 63+27 = 90 over 2000 and 1410. March: 28+14+14 = 56 over 1000+1020+1030 = 3050; with reach 28+11+14 = 53
    # over 400+200+200 = 800.
    assert rows(ministry, "instagram:8", "month") == near(
        ("02-01", "dakar", 4, 0, 0, 90, 58, 48, 500, None, 90 / 2000, 90 / 1410, None),
        ("03-01", "dakar", 6, 0, 0, 56, 88, 55, 515, 15, 56 / 3050, 53 / 800, None),
    )


def test_mastodon_by_day_and_each_day_stands_at_its_holder(ministry):
    # Engagements:
    #   Fri  301: 5+1+1 = 7, 302: 2          9
    #   Sat  311: 5+2+1 = 8; the boost none  8
    #   Sun  321: 6+1+2 = 9, 322: 1         10
    #   Mon  331: 1+0+1 = 2, 332: 4+1 = 5    7
    #   Tue  341: 0, 342: 3                  3
    # Followers of the posts: Fri 2 x 200, Sat 1 x 200, Sun 2 x 200, Mon 2 x 210, Tue 2 x 212.
    # Gained:
    #   Fri  4 + 1 = 5
    #   Sat  301: 6-4 = 2, 302: 0; new: 4                                                                    6
    #   Mon  since Saturday 301: 0, 302: 1, 311: 8-4 = 4; first seen a day late: 8 + 0, so 13 over gaps; new: 1 + 3   17
    #   Tue  301: 1, 321: 1, 322: 1, 331: 1, 332: 2, the others 0; new: 0 + 3                                9
    assert rows(ministry, "mastodon:9", "day") == near(
        ("02-27", "paris", 2, 0, 0, 9, 5, None, 200, None, 9 / 400, None, None),
        ("02-28", "paris", 1, 1, 0, 8, 6, None, 200, 0, 8 / 200, None, None),
        ("03-01", "paris", 2, 0, 0, 10, None, None, None, None, 10 / 400, None, None),
        ("03-02", "dakar", 2, 0, 0, 7, 17, 13, 210, 10, 7 / 420, None, None),
        ("03-03", "dakar", 2, 0, 0, 3, 9, None, 212, 2, 3 / 424, None, None),
    )


def test_mastodon_by_week_and_month_has_a_row_for_each_holder(ministry):
    # Week of 23 February: 9+8+10 = 27 over 400+200+400 = 1000; 5+6 = 11. Week of 2 March: 7+3 = 10 over 420+424 = 844;
    # 17+9 = 26; 10+2 = 12.
    assert rows(ministry, "mastodon:9", "week") == near(
        ("02-23", "paris", 5, 1, 0, 27, 11, None, 200, 0, 27 / 1000, None, None),
        ("03-02", "dakar", 4, 0, 0, 10, 26, 13, 212, 12, 10 / 844, None, None),
    )
    # February: 9+8 = 17 over 600. March: Paris has Sunday's 10 over 400, and no followers at the month's end; Dakar the
    # rest.
    assert rows(ministry, "mastodon:9", "month") == near(
        ("02-01", "paris", 3, 1, 0, 17, 11, None, 200, 0, 17 / 600, None, None),
        ("03-01", "paris", 2, 0, 0, 10, None, None, None, None, 10 / 400, None, None),
        ("03-01", "dakar", 4, 0, 0, 10, 26, 13, 212, 12, 10 / 844, None, None),
    )


def test_missions_are_the_sums_of_the_accounts_they_held(ministry):
    told = ministry.query(
        "select strftime(period_start_date, '%m-%d'), mission_id, accounts, posts, engagements, engagements_gained, "
        "followers, share_of_voice_by_posts, share_of_voice_by_engagements from marts.engagement_by_mission "
        "where period_grain = 'week' order by period_start_date, mission_id desc"
    )
    # Paris: X's 121 + Mastodon's 27 = 148 of 148+118 = 266, then X's 40 alone; 66+11 = 77; 1010+200 = 1210.
    # Dakar: Instagram's 118, then 28 + Mastodon's 10 = 38 of 40+38 = 78; 88+26 = 114; 515+212 = 727.
    # Posts: 12+5 = 17 of 23, 6 of 23; 8 of 16, 4+4 = 8 of 16.
    assert told == near(
        ("02-23", "paris", 2, 17, 148, 77, 1210, 17 / 23, 148 / 266),
        ("02-23", "dakar", 1, 6, 118, 58, 500, 6 / 23, 118 / 266),
        ("03-02", "paris", 1, 8, 40, 95, 1020, 0.5, 40 / 78),
        ("03-02", "dakar", 2, 8, 38, 114, 727, 0.5, 38 / 78),
    )


def test_the_night_that_was_missed_and_the_account_that_was_not_read_are_told(ministry):
    incomplete = ministry.query(
        "select distinct period_grain, period_start_date from marts.engagement_by_account where not is_complete "
        "order by all"
    )
    # Sunday; and both weeks and months, of which other days lie outside the five.
    assert incomplete == [
        ("day", NIGHTS["Sun"]),
        ("month", date(2026, 2, 1)),
        ("month", date(2026, 3, 1)),
        ("week", date(2026, 2, 23)),
        ("week", date(2026, 3, 2)),
    ]
    reported = ministry.query(
        "select account_id, account_days_registered, account_days_reported from marts.engagement_by_account "
        "where period_grain = 'week' and period_start_date = '2026-02-23' order by all"
    )
    # Of Friday, Saturday and Sunday: Instagram told on Saturday alone, the others on two days.
    assert reported == [("instagram:8", 3, 1), ("mastodon:9", 3, 2), ("x:7", 3, 2)]
