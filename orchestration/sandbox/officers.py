"""The synthetic ministry's officers, and the ways in which people write their names.

The names are put together from the lists below and mean nobody; e-mails end in ``@mofa.example``, which no mail
reaches, and service numbers begin with ``SYN-``. Everything follows from the seed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

OFFICERS = 150
GRADES = ("BS-17", "BS-18", "BS-19", "BS-20")
GRADE_WEIGHTS = (45, 30, 18, 7)


@dataclass(frozen=True)
class Tradition:
    """Names of one tradition, as the staff list spells them."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    before: tuple[str, ...] = ()
    """What stands before some men's names."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TRADITIONS = (
    # Urdu and Punjabi
    Tradition(
        _names("Aisha Fatima Zainab Maryam Sadia Rabia Hina Nadia Sobia Amina Khadija Mehwish"),
        _names("Ahmed Bilal Usman Imran Hamza Faisal Yousaf Tariq Junaid Nadeem Hassan Kashif"),
        _names("Siddiqui Qureshi Chaudhry Sheikh Hussain Malik Butt Rizvi Ansari Bokhari"),
        ("Muhammad", "Syed"),
    ),
    # Pashto
    Tradition(
        _names("Gulalai Palwasha Spogmay Zarmina Shaista Brekhna Storay Malalai"),
        _names("Khushal Zmarai Asfandyar Jamshed Sher Daud Mirwais Abaseen"),
        _names("Khan Afridi Yousafzai Khattak Wazir Durrani Bangash Orakzai"),
        ("Gul",),
    ),
    # Sindhi and Baloch
    Tradition(
        _names("Sassui Marvi Noori Shaheena Bakhtawar Momal Durdana Naz"),
        _names("Sarang Dodo Mehrab Balach Hammal Ghulam Zulfiqar Mir"),
        _names("Soomro Bhutto Memon Talpur Bugti Marri Rind Jatoi"),
        ("Ghulam",),
    ),
    # Arabic
    Tradition(
        _names("Layla Noura Huda Samira Salma Dalal Rania Basma"),
        _names("Omar Khalid Saeed Abdullah Mustafa Nasser Ibrahim Karim"),
        _names("al-Harbi al-Zahrani al-Najjar al-Mansoori Haddad Qasim Shawqi Tamimi"),
        ("Abdul",),
    ),
    # Christian and Parsi
    Tradition(
        _names("Shireen Cynthia Roshan Mary Esther Perin Grace Dina"),
        _names("Sunil Anthony Cyrus Rustam Joseph Daniel Peter Jamshid"),
        _names("Masih Bhatti D'Souza Pereira Cowasjee Avari Gill Fernandes"),
    ),
)
TRADITION_WEIGHTS = (50, 18, 14, 10, 8)
BEFORE_SHARE = 0.35

SPELLINGS = {
    "Muhammad": ("Mohammad", "Mohammed", "Mohd"),
    "Syed": ("Sayed", "Saiyid"),
    "Ahmed": ("Ahmad", "Ahmet"),
    "Yousaf": ("Yusuf", "Yousuf"),
    "Usman": ("Othman", "Usmaan"),
    "Tariq": ("Tarik", "Tareq"),
    "Hassan": ("Hasan",),
    "Hussain": ("Husain", "Hussein"),
    "Siddiqui": ("Siddiqi", "Siddiquee"),
    "Qureshi": ("Quraishi", "Qureshy"),
    "Chaudhry": ("Choudhary", "Chaudhari"),
    "Sheikh": ("Shaikh", "Shaykh"),
    "Bokhari": ("Bukhari",),
    "Aisha": ("Ayesha", "Aysha"),
    "Fatima": ("Fatimah", "Fatema"),
    "Zainab": ("Zaynab", "Zeinab"),
    "Maryam": ("Mariam", "Miriam"),
    "Khadija": ("Khadijah", "Khadeeja"),
    "Amina": ("Aminah", "Ameena"),
    "Yousafzai": ("Yusufzai", "Yousufzay"),
    "Daud": ("Dawood", "Daoud"),
    "Sher": ("Shair",),
    "Jamshed": ("Jamshaid",),
    "Soomro": ("Sumro",),
    "Memon": ("Maimon",),
    "Ghulam": ("Gholam",),
    "Zulfiqar": ("Zulfikar", "Zulfeqar"),
    "Omar": ("Umar", "Omer"),
    "Khalid": ("Khaled", "Khaalid"),
    "Saeed": ("Said", "Saʿīd"),
    "Abdullah": ("Abdallah",),
    "Mustafa": ("Mostafa",),
    "Ibrahim": ("Ebrahim",),
    "Layla": ("Leila", "Laila"),
    "Noura": ("Nura",),
    "al-Harbi": ("Al Harbi", "Alharbi"),
    "al-Zahrani": ("Al Zahrani", "Alzahrany"),
    "al-Najjar": ("An-Najjar", "Al Najar"),
    "al-Mansoori": ("Al Mansouri", "Almansuri"),
    "Qasim": ("Kassem", "Qassem"),
    "Haddad": ("Hadad",),
    "D'Souza": ("Dsouza", "de Souza"),
    "Masih": ("Maseeh",),
}
"""Other spellings of a name; none is itself a name of the lists."""


@dataclass(frozen=True)
class Officer:
    """One officer; ``number`` counts from 0, ``talent`` is in points of a test."""

    number: int
    given: str
    family: str
    email: str
    gender: str
    grade: str
    talent: float

    @property
    def service_number(self) -> str:
        return f"SYN-{self.number + 1:04}"

    @property
    def name(self) -> str:
        """As the staff list writes it; no two officers have the same."""
        return f"{self.given} {self.family}"


@cache
def officers(seed: int) -> tuple[Officer, ...]:
    """All officers, by number."""
    found: list[Officer] = []
    names, emails = set(), set()
    for number in range(OFFICERS):
        own = random.Random(f"{seed}|officer|{number}")
        gender, talent = own.choice("FM"), own.gauss(0, 8)
        chance = random.Random(f"{seed}|name|{number}")
        given, family = _name(chance, gender)
        while (given, family) in names:
            given, family = _name(chance, gender)
        names.add((given, family))
        [grade] = chance.choices(GRADES, GRADE_WEIGHTS)
        email = _email(given, family, emails)
        emails.add(email)
        found.append(Officer(number, given, family, email, gender, grade, talent))
    return tuple(found)


def _name(chance: random.Random, gender: str) -> tuple[str, str]:
    [tradition] = chance.choices(TRADITIONS, TRADITION_WEIGHTS)
    given = chance.choice(tradition.women if gender == "F" else tradition.men)
    if gender == "M" and tradition.before and chance.random() < BEFORE_SHARE:
        given = f"{chance.choice(tradition.before)} {given}"
    return given, chance.choice(tradition.families)


def _email(given: str, family: str, taken: set[str]) -> str:
    words = f"{given.split()[-1]}.{family}".lower()
    local = "".join(letter for letter in words if letter.isascii() and (letter.isalpha() or letter == "."))
    same = [f"{local}@mofa.example", *(f"{local}{n}@mofa.example" for n in range(2, OFFICERS + 2))]
    return next(email for email in same if email not in taken)


def written(officer: Officer, chance: random.Random) -> str:
    """The officer's name as somebody writes it this time."""
    [way] = chance.choices(list(WAYS), list(WAYS.values()))
    return way(officer, chance)


def as_listed(officer: Officer, chance: random.Random) -> str:
    return officer.name


def spelled_otherwise(officer: Officer, chance: random.Random) -> str:
    return " ".join(chance.choice(SPELLINGS.get(word, (word,))) for word in officer.name.split())


def with_initials(officer: Officer, chance: random.Random) -> str:
    return " ".join([*(f"{word[0]}." for word in officer.given.split()), officer.family])


def family_first(officer: Officer, chance: random.Random) -> str:
    return f"{officer.family}, {officer.given}"


def with_honorific(officer: Officer, chance: random.Random) -> str:
    return f"{chance.choice(('Dr', 'Ms') if officer.gender == 'F' else ('Dr', 'Mr'))} {officer.name}"


def in_capitals(officer: Officer, chance: random.Random) -> str:
    return officer.name.upper()


def with_a_slip(officer: Officer, chance: random.Random) -> str:
    """Two letters inside a word change places, or one that is twice there is left out."""
    name = officer.name
    places = [at for at in range(1, len(name) - 2) if name[at : at + 2].isalpha() and name[at - 1].isalpha()]
    at = chance.choice(places)
    turned = name[at + 1] + name[at] if name[at] != name[at + 1] else name[at]
    return name[:at] + turned + name[at + 2 :]


Way = Callable[[Officer, random.Random], str]
WAYS: dict[Way, int] = {
    as_listed: 50,
    spelled_otherwise: 18,
    with_initials: 6,
    family_first: 8,
    with_honorific: 8,
    in_capitals: 5,
    with_a_slip: 5,
}
"""Each way's weight."""
