"""Labelled pairs of names: one officer written twice, or two officers whose names are near.

Spellings are those that people use, listed by hand without regard to how ``orchestration.identity`` folds them. Two
halves share no given and no family name; the held-out half is for tests and the benchmark alone, and no rule was made
by looking at it.
"""

import random
from dataclasses import dataclass, replace
from typing import Literal

from orchestration.identity.linkage import Mention

Half = Literal["development", "held_out"]

GIVEN = {
    "development": [
        "Ahmed Ahmad Ahmet Ahmaad",
        "Hussain Husain Hussein Husein",
        "Hasan Hassan Hasaan",
        "Ali Aly",
        "Umar Omar Umer Omer",
        "Usman Osman Othman Uthman",
        "Bilal Bilaal Belal",
        "Imran Emran Imraan",
        "Nadeem Nadim",
        "Naeem Naim Nayeem",
        "Tariq Tarek Tareq Tarique",
        "Khalid Khaled Khalead",
        "Ayesha Aisha Aysha Aaisha",
        "Fatima Fatimah Faatima Fatma",
        "Saima Sayma Saimah",
        "Farhan Farhaan",
        "Farhana Farhaana",
        "Asif Aasif Asef",
        "Salman Salmaan",
        "Abdul Rahman|Abdur Rehman|Abdulrahman|Abdurrahman|Abdul Rehman",
        "Zia ud Din|Ziauddin|Zia-ud-Din|Zia Uddin",
        "Javed Javaid Jawaid Javeid",
        "Shahid Shaheed",
        "Sana Sanaa",
        "Waqar Vaqar Wakar",
        "Kamran Kamraan Camran",
    ],
    "held_out": [
        "Yusuf Yousuf Yousaf Youssef",
        "Ibrahim Ebrahim Ibraheem Ibrahem",
        "Khadija Khadijah Khadeeja Kadija",
        "Zainab Zaynab Zeinab Zainub",
        "Saeed Saeid Said Sayeed",
        "Saad Sa'ad Saadh",
        "Faisal Faysal Feisal Faizal",
        "Adnan Adnaan",
        "Afnan Afnaan",
        "Rashid Rasheed Rashed",
        "Maryam Mariam Maryum",
        "Noor Nur Nour",
        "Hamza Hamzah Humza",
        "Hamid Hameed Haamid",
        "Hammad Hamad",
        "Jamil Jameel",
        "Jamal Jamaal Gamal",
        "Abdul Aziz|Abdulaziz|Abdul Azeez|Abd al-Aziz",
        "Abdul Wahid|Abdulwahid|Abdul Waheed|Abdul-Wahid",
        "Salah ud Din|Salahuddin|Salah-ud-Din|Salahudin",
        "Mahmood Mahmud Mehmood Mahmoud",
        "Anwar Anwaar Anver",
        "Rukhsana Ruksana Rukhsaana",
        "Sadia Sadiya Saadia",
        "Qasim Kasim Qaasim Kassim",
        "Zubair Zubayr Zubeir",
    ],
}
FAMILY = {
    "development": [
        "Khan Khaan",
        "Siddiqui Siddiqi Siddiquee",
        "Qureshi Quraishi Koreshi",
        "Chaudhry Chaudhary Choudhury Chowdhury Chaudry",
        "Malik Malek Maleek",
        "Butt But",
        "Sheikh Shaikh Shaykh",
        "Mirza Meerza",
        "Ansari Ansary Ansaari",
        "Raza Rada",
        "Riaz Riyaz",
        "Iqbal Eqbal Iqbaal",
        "Akhtar Akhter Aktar",
        "Haider Hyder Haidar",
        "Bhatti Bhatty Bhati",
        "Niazi Niyazi",
        "Gilani Geelani Jilani",
        "Aslam Aslem",
        "Rizvi Rizwi Rizvee",
        "Memon Meman",
    ],
    "held_out": [
        "Baloch Baluch Balouch",
        "Hashmi Hashemi Hashimi",
        "Farooqi Faruqi Farooqui Faruki",
        "Bukhari Bokhari Bukharee",
        "Abbasi Abbassi Abasi",
        "Durrani Durani Durranee",
        "Awan Awaan",
        "Kazmi Kazimi Qazmi",
        "Shah Shaah",
        "Lodhi Lodi Lodhy",
        "Zaidi Zaydi Zaidee",
        "Khattak Khatak Khattaq",
        "Afridi Afreedi Afridy",
        "Mengal Mengel",
        "Soomro Sumro Soomroo",
        "Tahir Taher Taahir",
        "Tariqi Tareeqi",
        "Naqvi Naqwi Nakvi",
        "Gondal Gundal",
        "Latif Lateef Latief",
    ],
}
FIRST = ("Muhammad", "Mohammad", "Mohammed", "Mohd", "Mohd.", "Md.", "M.", "Muhammed")
TITLES = ("Mr", "Ms", "Dr.", "H.E.", "Brig (R)", "Prof.", "Mr.", "Lt Col (Retd)", "Amb.")
MISSIONS = tuple(f"mission-{n}" for n in range(25))
COURSES = tuple(f"course-{n}" for n in range(12))


@dataclass(frozen=True)
class Person:
    given: tuple[str, ...]
    family: tuple[str, ...]
    is_muhammad: bool
    mission_id: str


@dataclass(frozen=True)
class Pair:
    left: Mention
    right: Mention
    is_same: bool
    kind: str


def labelled_pairs(half: Half, *, seed: int = 7, same: int = 300, different: int = 300) -> list[Pair]:
    """``same`` pairs of one officer and ``different`` ones of two, of the half's names."""
    chance = random.Random(f"{seed}|{half}")
    given, family = ([_spellings(line) for line in lines[half]] for lines in (GIVEN, FAMILY))
    everybody = [(g, f) for g in given for f in family]
    people = [Person(g, f, chance.random() < 0.25, chance.choice(MISSIONS)) for g, f in chance.sample(everybody, 220)]
    pairs = [_same(chance, chance.choice(people), n) for n in range(same)]
    return pairs + [_different(chance, people, n) for n in range(different)]


def _spellings(line: str) -> tuple[str, ...]:
    return tuple(line.split("|") if "|" in line else line.split())


def _same(chance: random.Random, person: Person, number: int) -> Pair:
    """Two ways to write one officer; of the second the mission is missing or changed now and then."""
    kind = chance.choice(("spelling", "spelling", "title and order", "initial", "left out", "slip"))
    left = _mention(chance, f"same-{number}-left", person, "spelling")
    right = _mention(chance, f"same-{number}-right", person, kind)
    fate = chance.random()
    if fate < 0.12:
        right = replace(right, mission_id=None)
    elif fate < 0.2:
        right = replace(right, mission_id=chance.choice(MISSIONS))
    if chance.random() < 0.6:
        right = replace(right, courses=right.courses | left.courses)
    return Pair(left, right, True, kind)


def _different(chance: random.Random, people: list[Person], number: int) -> Pair:
    """Two officers with near names: a shared given or family name, or both names, elsewhere; colleagues often."""
    one = chance.choice(people)
    kind = chance.choice(("family name shared", "given name shared", "namesakes", "near given name", "anybody"))
    if kind == "family name shared":
        others = [p for p in people if p.family == one.family and p.given != one.given]
    elif kind == "given name shared":
        others = [p for p in people if p.given == one.given and p.family != one.family]
    elif kind == "near given name":
        others = [p for p in people if p.given != one.given and _is_near(p.given[0], one.given[0])]
        others = [replace(p, family=one.family) for p in others]
    elif kind == "namesakes":
        others = [replace(one, mission_id=chance.choice([m for m in MISSIONS if m != one.mission_id]))]
    else:
        others = [p for p in people if p.given != one.given and p.family != one.family]
    if not others:
        return _different(chance, people, number)
    other = chance.choice(others)
    if kind != "namesakes" and chance.random() < 0.4:
        other = replace(other, mission_id=one.mission_id)
    style = chance.choice(("spelling", "spelling", "title and order"))
    left = _mention(chance, f"different-{number}-left", one, "spelling")
    right = _mention(chance, f"different-{number}-right", other, style)
    if kind != "namesakes" and chance.random() < 0.4:
        right = replace(right, courses=right.courses | left.courses)
    return Pair(left, right, False, kind)


def _is_near(one: str, other: str) -> bool:
    return one[0] == other[0] and abs(len(one) - len(other)) <= 2 and len(set(one) ^ set(other)) <= 3


def _mention(chance: random.Random, key: str, person: Person, kind: str) -> Mention:
    given, family = chance.choice(person.given), chance.choice(person.family)
    words = [chance.choice(FIRST)] * person.is_muhammad + [given, family]
    if kind == "title and order":
        words = [chance.choice(TITLES), *words] if chance.random() < 0.5 else [f"{words[-1]},", *words[:-1]]
    elif kind == "initial":
        words[-2] = f"{given[0]}."
    elif kind == "left out" and person.is_muhammad:
        words = words[1:]
    elif kind == "left out":
        words = [*words[:-1], chance.choice(("Bin", "Syed")), words[-1]]
    elif kind == "slip":
        place = max(range(len(words)), key=lambda n: len(words[n]))
        words[place] = _slip(chance, words[place])
    name = " ".join(words)
    return Mention(
        key=key,
        name=name.upper() if chance.random() < 0.15 else name,
        mission_id=person.mission_id,
        courses=frozenset({chance.choice(COURSES)}),
    )


def _slip(chance: random.Random, word: str) -> str:
    place = chance.randrange(1, len(word) - 1)
    return chance.choice(
        (
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + word[place + 1 :],
            word[:place] + chance.choice("aeioulnrst") + word[place + 1 :],
            word[:place] + word[place] + word[place:],
        )
    )
