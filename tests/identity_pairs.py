"""Labelled pairs of names: one officer written twice, or two officers whose names are near.

Spellings are those that people use, listed by hand without regard to how ``orchestration.identity`` folds them. The
five sets of names share no given and no family name. The rules were made looking at ``development``, ``held_out``,
``third`` and ``fourth``, and the model is trained on them; ``third`` and ``fourth`` were unseen sets once, used up.
``unseen`` was written and committed when the rules were done, and run after that.

The mix is what a ministry's sheets carry, that of ``unseen`` another than that of the rest (``MIXES``). Of two mentions
of one officer 85 in 100 name the same mission, 10 lack it on one side, 5 name the officer's former one (officers
rotate); 70 share a course or session. A mention bears a service number in 35 of 100 cases and an e-mail in 45, made of
the name as ministries do: the given name or, in 3 of 10, its initial. One in three is only spelled otherwise; the rest
have in equal shares a title or another order, an initial for a name, a part left out or put in, or a slip of the pen.
In ``unseen`` there are fewer numbers and shared courses, more mentions without a mission, fewer initials and slips.
Two officers of a pair share the family name, the given name, or both at another mission (namesakes), have near given
names and one family name, or nothing in common, in equal shares; 40 in 100 are colleagues where there are any, and 40
in 100 attend one course.
"""

import random
import re
from dataclasses import dataclass, replace
from typing import Literal

from orchestration.identity.linkage import Mention

Half = Literal["development", "held_out", "third", "fourth", "unseen"]

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
    "third": [
        "Mustafa Mostafa Moustafa Mustapha",
        "Karim Kareem Kerim",
        "Layla Leila Laila Leyla",
        "Samir Sameer",
        "Walid Waleed Oualid",
        "Nasreen Nasrin Nesrin",
        "Huda Hoda Houda",
        "Reza Rida Ridha",
        "Parveen Parvin Perveen",
        "Shirin Shireen Sherin",
        "Behzad Bahzad",
        "Dariush Daryush Darioush",
        "Arslan Arsalan Arsalaan",
        "Zeeshan Zishan Zeshan",
        "Junaid Junayd Juned",
        "Shabana Shabanah Shabaana",
        "Murat Murad Mourad",
        "Emre Emreh",
        "Gulsen Gülşen Gulshen",
        "Cengiz Chengiz Jengiz",
        "Rafiq Rafique Rafeeq Rofiq",
        "Shamsul Shamsool Samsul",
        "Nazrul Nozrul Nazrool",
        "Jahangir Jehangir Jahanghir",
        "Azlan Adzlan Azlaan",
        "Siti Sity",
        "Nurul Noorul Nurool",
        "Hafizah Hafiza Hafeeza",
        "Catherine Katherine Kathryn",
        "Stephen Steven Stefan",
        "Jonathan Jonathon Johnathan",
        "Philip Phillip Filip",
        "Abdul Hakeem|Abdul Hakim|Abdulhakim|Abd al-Hakim",
        "Nizam ud Din|Nizamuddin|Nizam-ud-Din|Nizamudin",
    ],
    "fourth": [
        "Nawaz Navaz Nawaaz",
        "Sohail Suhail Sohayl",
        "Shoaib Shuaib Shoib",
        "Rubina Robina Rubeena",
        "Gulzar Gulzaar",
        "Yasmin Yasmeen Yasmine Jasmin",
        "Amina Aminah Ameena",
        "Habib Habeeb",
        "Idris Idrees Edris",
        "Abdul Ghaffar|Abdulghaffar|Abdul Gaffar|Abd al-Ghaffar",
        "Abdul Qadir|Abdulqadir|Abdul Kader|Abdelkader",
        "Kamal ud Din|Kamaluddin|Kamal-ud-Din|Kemaleddin",
        "Sharif Shareef Sherif Cherif",
        "Nadia Nadya Nadiya",
        "Yassin Yaseen Yasin Yacine",
        "Sufyan Soufiane Sofiane",
        "Dmitri Dmitry Dimitri Dmitriy",
        "Sergei Sergey Serguei",
        "Natalia Nataliya Natalya",
        "Aleksandr Alexander Oleksandr",
        "Yevgeny Evgeny Yevgeni Evgeniy",
        "Jürgen Juergen Jurgen",
        "Björn Bjorn Bjoern",
        "Lakshmi Laxmi Luxmi",
        "Vijay Vijai Wijay",
        "Krishna Krisna",
        "Chandra Candra",
        "Budi Boedi",
        "Oğuz Oguz Oghuz",
        "Şükrü Sukru Shukru",
        "Gulnara Gulnora",
        "Bahodir Bakhodir Bahadir",
        "Elizabeth Elisabeth",
        "Geoffrey Jeffrey Geoffry",
        "Sean Shaun Shawn",
        "Chukwuma Chukuma",
    ],
    "unseen": [
        "Ghulam Gholam Gulam",
        "Mehdi Mahdi Mehdy",
        "Tauqeer Tauqir Touqeer",
        "Shehzad Shahzad Shehzaad",
        "Arshad Arshed",
        "Sajid Saajid",
        "Sajida Sajidah Saajida",
        "Naveed Navid Nawid",
        "Rizwan Ridwan Rezwan",
        "Rizwana Ridwana Rezwana",
        "Ghazala Gazala Ghazaala",
        "Humaira Humayra Homaira",
        "Sumaira Sumera Sumayra",
        "Bushra Boushra Bushrah",
        "Zahra Zehra Zahraa",
        "Abdul Sattar|Abdus Sattar|Abdulsattar|Abdel Sattar",
        "Abdul Jabbar|Abduljabbar|Abdul Jabar|Abdel Jabbar",
        "Fakhr ud Din|Fakhruddin|Fakhr-ud-Din|Fakhreddine",
        "Tesfaye Tesfay Tasfaye",
        "Mykola Mikola",
        "Volodymyr Volodimir Vladimir",
        "Oksana Oxana Aksana",
        "Tatiana Tatyana Tetiana",
        "Yulia Julia Iuliia Yuliya",
        "Giorgos Yiorgos Georgios",
        "Tigran Dikran",
        "Suresh Sooresh",
        "Deepak Dipak",
        "Sunita Suneeta",
        "Priya Preeya Pria",
        "Joaquim Joaquin",
        "Viktor Victor Vitor",
        "Sara Sarah",
        "Erik Eric Erich",
        "Nicholas Nicolas Nikolas",
        "Kristina Christina Cristina",
        "Kristian Christian Cristian",
        "Rebecca Rebekah Rebeca",
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
    "third": [
        "Mansour Mansoor Mansur",
        "Haddad Hadad",
        "Khoury Khouri Khuri Koury",
        "Sabbagh Sabagh",
        "Hosseini Husseini Hoseini",
        "Ahmadi Ahmady Ahmedi",
        "Rostami Rustami Rostamy",
        "Tehrani Tehrany Tihrani",
        "Yilmaz Yılmaz Yilmas",
        "Ozturk Öztürk Oeztuerk",
        "Celik Çelik Chelik",
        "Rahimov Raheemov Rahimof",
        "Sarkar Sarker Shorkar",
        "Mollah Molla Mullah",
        "Talukdar Talukder Taluqdar",
        "Biswas Bishwas",
        "Ismail Ismael Esmail",
        "Osmani Usmani Othmani",
        "Hashim Hasheem Haashim",
        "Zulkifli Zulkifly Dzulkifli",
        "Peterson Petersen Pedersen",
        "Schmidt Schmitt Schmid",
        "Macdonald McDonald MacDonald",
        "Johansson Johanson Johansen",
        "Chishti Chisti Chishty",
        "Sherazi Shirazi Shiraazi",
    ],
    "fourth": [
        "Yousafzai Yusufzai Yousufzai",
        "Bajwa Bajva",
        "Mehsud Mahsud",
        "Lashari Leshari Lashary",
        "Sial Siyal",
        "Warraich Waraich Varaich",
        "Bouazizi Buazizi",
        "Cherkaoui Cherkawi Sharqawi",
        "Ivanov Ivanoff Iwanow",
        "Kuznetsov Kuznetsoff Kouznetsov",
        "Tursunov Toursunov Tursunof",
        "Müller Mueller Muller",
        "Sørensen Sorensen Soerensen",
        "González Gonzalez Gonzales",
        "Rodrigues Rodriguez",
        "Krishnamurthy Krishnamurti Krishnamoorthy",
        "Mukherjee Mukerji Mookerjee",
        "Banerjee Banerji Bannerjee",
        "Wickremesinghe Wickramasinghe",
        "Rajapaksa Rajapakse Rajapaksha",
        "Wijaya Widjaja",
        "Kurniawan Koerniawan",
        "Yıldırım Yildirim",
        "Güneş Gunes Gunesh",
        "Erdoğan Erdogan",
        "Okonkwo Okonko",
        "Diallo Jallow",
        "Traoré Traore",
        "Thompson Thomson Tompson",
        "Maclean McLean MacLean",
        "Clarke Clark",
    ],
    "unseen": [
        "Shevchenko Shevtchenko Chevtchenko",
        "Kovalenko Kowalenko Covalenko",
        "Papadopoulos Papadopulos",
        "Wiśniewski Wisniewski Vishnevsky",
        "Kowalczyk Kovalchik Kowalchyk",
        "Szabó Szabo Sabo",
        "Petrosyan Petrosian Bedrosian",
        "Aliyev Aliev Alijew",
        "Mammadov Mamedov Memmedov",
        "Subramaniam Subramanian Subramanyam",
        "Srinivasan Sreenivasan Shrinivasan",
        "Chatterjee Chatterji Chattarjee",
        "Bhattacharya Bhattacharyya Bhattacharjee",
        "Jayawardena Jayewardene Jayawardene",
        "Gunasekara Gunasekera Goonesekera",
        "Suharto Soeharto",
        "Pereira Perera Pereyra",
        "Mendes Mendez",
        "Ouédraogo Ouedraogo Wedraogo",
        "Coulibaly Koulibaly Culibaly",
        "Mwangi Muangi",
        "Gebreselassie Gebrselassie Gebreselasie",
        "Hersi Hirsi",
        "Schneider Schnaider Sneider",
        "Meyer Meier Maier Mayer",
        "Fischer Fisher Fischar",
        "Hoffmann Hofmann Hoffman",
        "Nielsen Nilsen Nielson",
        "Andersen Anderson Andersson",
        "Stewart Stuart",
        "Reid Reed Read",
        "Orakzai Aurakzai Orakzay",
        "Wazir Vazir Wazeer",
        "Cheema Chima Cheemah",
        "Gujjar Gujar Goojar",
        "Leghari Laghari Legharee",
    ],
}
FIRST = ("Muhammad", "Mohammad", "Mohammed", "Mohd", "Mohd.", "Md.", "M.", "Muhammed")
TITLES = ("Mr", "Ms", "Dr.", "H.E.", "Brig (R)", "Prof.", "Mr.", "Lt Col (Retd)", "Amb.")
MISSIONS = tuple(f"mission-{n}" for n in range(25))
COURSES = tuple(f"course-{n}" for n in range(12))


@dataclass(frozen=True)
class Mix:
    """What share of mentions bear a number and an e-mail; of the second mentions of one officer, what share name no
    mission, the officer's former one, and the same course; and how those are written."""

    number: float = 0.35
    email: float = 0.45
    no_mission: float = 0.1
    former_mission: float = 0.05
    same_course: float = 0.7
    kinds: tuple[str, ...] = ("spelling", "spelling", "title and order", "initial", "left out", "slip")


MIXES: dict[Half, Mix] = dict.fromkeys(("development", "held_out", "third", "fourth"), Mix()) | {
    "unseen": Mix(
        number=0.3,
        email=0.5,
        no_mission=0.12,
        former_mission=0.04,
        same_course=0.6,
        kinds=("spelling",) * 4 + ("title and order",) * 2 + ("initial", "left out", "slip"),
    )
}


@dataclass(frozen=True)
class Person:
    number: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    is_muhammad: bool
    mission_id: str
    former_mission_id: str
    email: str


@dataclass(frozen=True)
class Pair:
    left: Mention
    right: Mention
    left_person: str
    right_person: str
    kind: str

    @property
    def is_same(self) -> bool:
        return self.left_person == self.right_person


def labelled_pairs(
    half: Half, *, seed: int = 7, same: int = 300, different: int = 300, people: int = 220
) -> list[Pair]:
    """``same`` pairs of one officer and ``different`` ones of two, of the half's names, among about ``people``."""
    chance = random.Random(f"{seed}|{half}")
    everybody = _people(chance, half, people)
    mix = MIXES[half]
    pairs = [_same(chance, chance.choice(everybody), f"{half}-same-{n}", mix) for n in range(same)]
    return pairs + [_different(chance, everybody, f"{half}-different-{n}", mix) for n in range(different)]


def staff_list(half: Half, *, seed: int = 7, people: int = 220) -> list[Mention]:
    """The ministry's own list of the same people: number, e-mail, one spelling, the mission and the one before."""
    everybody, chance = _people(random.Random(f"{seed}|{half}"), half, people), random.Random(f"{seed}|{half}|staff")
    return [
        replace(
            _mention(chance, f"{half}-staff-{person.number}", person, "spelling", MIXES[half]),
            service_number=person.number,
            email=person.email,
            missions=frozenset({person.mission_id, person.former_mission_id}),
            courses=frozenset(),
            lists=frozenset({"staff"}),
        )
        for person in everybody
    ]


def _people(chance: random.Random, half: Half, count: int) -> list[Person]:
    """Nobody shares both names with another, but for the namesakes at another mission."""
    given, family = ([_spellings(line) for line in lines[half]] for lines in (GIVEN, FAMILY))
    names = [(g, f) for g in given for f in family]
    chosen = [(*name, chance.random() < 0.25) for name in chance.sample(names, min(count, len(names)))]
    chosen += chance.sample(chosen, len(chosen) // 10)
    people: list[Person] = []
    for n, (givens, families, is_muhammad) in enumerate(chosen):
        posts = [p.mission_id for p in people if (p.given, p.family) == (givens, families)]
        mission, former = chance.sample([mission for mission in MISSIONS if mission not in posts], 2)
        first, last = (chance.choice([word for word in words if word.isascii()]) for words in (givens, families))
        local = f"{first if chance.random() < 0.7 else first[0]}.{last}{n}".lower()
        people.append(
            Person(
                number=f"{half}-FO-{n}",
                given=givens,
                family=families,
                is_muhammad=is_muhammad,
                mission_id=mission,
                former_mission_id=former,
                email=re.sub("[^a-z0-9.]", "", local) + "@example.org",
            )
        )
    return people


def _spellings(line: str) -> tuple[str, ...]:
    return tuple(line.split("|") if "|" in line else line.split())


def _same(chance: random.Random, person: Person, key: str, mix: Mix) -> Pair:
    """Two ways to write one officer; of the second the mission is missing or changed now and then."""
    kind = chance.choice(mix.kinds)
    left = _mention(chance, f"{key}-left", person, "spelling", mix)
    right = _mention(chance, f"{key}-right", person, kind, mix)
    fate = chance.random()
    if fate < mix.no_mission:
        right = replace(right, missions=frozenset())
    elif fate < mix.no_mission + mix.former_mission:
        right = replace(right, missions=frozenset({person.former_mission_id}))
    if chance.random() < mix.same_course:
        right = replace(right, courses=left.courses)
    return Pair(left, right, person.number, person.number, kind)


def _different(chance: random.Random, people: list[Person], key: str, mix: Mix) -> Pair:
    """Two officers with near names: a shared given or family name, or both names elsewhere; colleagues often."""
    kind = chance.choice(("family name shared", "given name shared", "namesakes", "near given name", "anybody"))
    others: list[Person] = []
    while not others:
        one = chance.choice(people)
        others = _others(people, one, kind)
    colleagues = [p for p in others if p.mission_id == one.mission_id]
    if colleagues and chance.random() < 0.4:
        others = colleagues
    other = chance.choice(others)
    left = _mention(chance, f"{key}-left", one, "spelling", mix)
    right = _mention(chance, f"{key}-right", other, chance.choice(("spelling", "spelling", "title and order")), mix)
    if chance.random() < 0.4:
        right = replace(right, courses=left.courses)
    return Pair(left, right, one.number, other.number, kind)


def _others(people: list[Person], one: Person, kind: str) -> list[Person]:
    if kind == "family name shared":
        return [p for p in people if p.family == one.family and p.given != one.given]
    if kind == "given name shared":
        return [p for p in people if p.given == one.given and p.family != one.family]
    if kind == "near given name":
        near = [p for p in people if p.family == one.family and p.given != one.given]
        return [p for p in near if _is_near(p.given[0], one.given[0])]
    if kind == "namesakes":
        return [p for p in people if (p.given, p.family) == (one.given, one.family) and p != one]
    return [p for p in people if p.given != one.given and p.family != one.family]


def _is_near(one: str, other: str) -> bool:
    return one[0] == other[0] and abs(len(one) - len(other)) <= 2 and len(set(one) ^ set(other)) <= 3


def _mention(chance: random.Random, key: str, person: Person, kind: str, mix: Mix) -> Mention:
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
        service_number=person.number if chance.random() < mix.number else None,
        email=person.email if chance.random() < mix.email else None,
        missions=frozenset({person.mission_id}),
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
