"""Who must not be landed again: ``suppressed.csv``, keyed hashes of identifiers and nothing else.

    hash,key_id,erased_on      HMAC-SHA-256 of "kind:identifier" under the key; which key; UTC day

Without the key nobody can tell from it who was erased, or whether somebody was. With another key it would let everybody
through, so a list made with another key is refused.
"""

import csv
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import duckdb
import polars as pl

from orchestration.contracts import Contract
from orchestration.erasure import ErasureError
from orchestration.files import replacing
from orchestration.identity.mentions import KEY, PLACES, Place
from orchestration.identity.names import parts_of
from orchestration.landing import Batch
from orchestration.settings import Settings

PERSONAL = ("sheets", "zoom", "teams", "xapi", "moodle", "registry")
"""Sources whose records are about people, or name one: the register names who answers for an account."""
COLUMNS = ("hash", "key_id", "erased_on")
GONE = "(erased)"

Identifier = tuple[str, str]
"""A kind (mention, number, email, digest, actor, moodle, name) and what the source says, written one way."""
NAME = "name"

_STRINGS = r'"(?:[^"\\]|\\.)*"'
_ADDRESSES = r'[^\s"<>(),;:|\\]+@[^\s"<>(),;:|\\]+'

_NUMBER = r"upper(regexp_replace({0}, '\s', '', 'g'))"
_IDENTIFIERS = """
with told as (
    select
        number,
        '{source}' as source,
        {person} as person,
        {service_number} as service_number,
        {email} as email,
        {name} as name,
        {moodle_user} as moodle_user
    from place
)

select distinct number, unnest([
    {{'kind': 'mention', 'value': {key}}},
    {{'kind': 'number', 'value': {number_of_number}}},
    {{'kind': 'email', 'value': lower(trim(email))}},
    {{'kind': 'name', 'value': name}},
    {{'kind': 'moodle', 'value': moodle_user}},
    {{
        'kind': case
            when starts_with(person, 'sha1:') then 'digest'
            when contains(person, '|') or regexp_matches(person, '^https?:') then 'actor'
            when contains(person, '@') then 'email'
            when regexp_matches(person, '[0-9]') then 'number'
            else 'name'
        end,
        'value': case
            when starts_with(person, 'sha1:') then substr(person, 6)
            when contains(person, '|') or regexp_matches(person, '^https?:') then person
            when contains(person, '@') then lower(trim(regexp_replace(person, '^mailto:', '', 'i')))
            when regexp_matches(person, '[0-9]') then {number_of_person}
            else person
        end
    }},
    {{'kind': 'number', 'value': case when contains(person, '|') then {number_of_account} end}}
], recursive := true)
from told
"""


@dataclass(frozen=True)
class Suppression:
    """The list at ``path``, with the key that its hashes are made with."""

    path: Path
    key: bytes
    hashes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def hash_of(self, identifier: Identifier) -> str:
        return hmac.new(self.key, ":".join(identifier).encode(), hashlib.sha256).hexdigest()

    def has(self, identifier: Identifier) -> bool:
        return self.hash_of(identifier) in self.hashes

    def with_identifiers(self, identifiers: Iterable[Identifier]) -> "Suppression":
        return replace(self, hashes=self.hashes | {self.hash_of(identifier) for identifier in identifiers})

    def write(self, today: date) -> None:
        """Write the list, its owner's alone, at once; entries that it has keep their day."""
        known = {row["hash"]: row for row in _rows(self.path)}
        fresh = {"key_id": key_id(self.key), "erased_on": today}
        _write(self.path, [known.get(name) or {"hash": name} | fresh for name in self.hashes])

    def screened(self, batch: Batch) -> tuple[Batch, int]:
        """The batch without the records of suppressed people, and how many those were."""
        contract = batch.contract
        if not self or contract.source not in PERSONAL:
            return batch, 0
        text = self.records(contract, batch.text)
        erased = batch.text.height - text.height
        misfits = self.findings(batch.misfits)
        gone = batch.misfits["record_number"].n_unique() - misfits["record_number"].n_unique()
        return replace(batch, text=text, misfits=misfits, warnings=self.findings(batch.warnings)), erased + gone

    def records(self, contract: Contract, frame: pl.DataFrame) -> pl.DataFrame:
        """Records of the table without those of suppressed people. Where another's record names one of them, as a
        course names its trainer, only that is blotted out.

        A name alone is a person's only where the record tells no number and no address: another of that name has them.
        """
        if not self or frame.is_empty():
            return frame
        place = next((place for place in PLACES if place.table == contract.name), None)
        numbered = frame.with_row_index("number")
        told = identifiers_in(contract, place, numbered)
        listed = told.join(self._listed(told), on=["kind", "value"], how="semi")
        is_firm = ~pl.col("kind").is_in([NAME, "mention"])
        known_otherwise = told.filter(is_firm).select("number")
        theirs = pl.concat(
            [
                listed.filter(pl.col("kind") != NAME).select("number"),
                listed.filter(kind=NAME).join(known_otherwise, on="number", how="anti").select("number"),
            ]
        ).unique()
        kept = numbered.join(theirs, on="number", how="anti", maintain_order="left").drop("number")
        return self._blotted(contract, kept, with_names=place is None)

    def findings(self, findings: pl.DataFrame, terms: re.Pattern | None = None) -> pl.DataFrame:
        """Rows of a quarantine or of warnings without the records that tell a suppressed person, or say one of
        ``terms``."""
        if not self or findings.is_empty():
            return findings
        theirs = {
            text
            for column in ("raw", "value")
            for text in findings[column].drop_nulls().unique()
            if (terms and terms.search(text)) or any(map(self.has, identifiers_told(text)))
        }
        is_theirs = pl.any_horizontal(
            pl.col(column).is_in(list(theirs)).fill_null(False) for column in ("raw", "value")
        )
        batch = [name for name in ("batch_id", "record_number") if name in findings.columns]
        return findings.join(findings.filter(is_theirs).select(batch), on=batch, how="anti", maintain_order="left")

    def _listed(self, told: pl.DataFrame) -> pl.DataFrame:
        # Each identifier is hashed once, however many records tell it.
        distinct = told.select("kind", "value").unique()
        found = [row for row in distinct.iter_rows() if self.has(row)]
        return pl.DataFrame(found, schema={"kind": pl.String, "value": pl.String}, orient="row")

    def _blotted(self, contract: Contract, frame: pl.DataFrame, *, with_names: bool) -> pl.DataFrame:
        columns = [name for name, dtype in frame.schema.items() if dtype == pl.String]
        optional = [
            name for name in columns if name in frame.columns and name not in contract.required and name != "raw"
        ]
        told = {token for text in frame["raw"].drop_nulls().unique() for token in tokens(text)}
        found = sorted(
            token
            for token in told
            if any((with_names or kind != NAME) and self.has((kind, value)) for kind, value in identified(token))
        )
        if not found:
            return frame
        blotted = frame.with_columns(pl.col(columns).str.replace_many(dict.fromkeys(found, GONE)))
        # Who was named and nothing beside is nobody: no account is answered for by "(erased)".
        return blotted.with_columns(pl.when(pl.col(name) != GONE).then(pl.col(name)).alias(name) for name in optional)


def load(settings: Settings) -> Suppression:
    """The list of a data folder. Raises ErasureError where it cannot be read, or was made with another key."""
    path = settings.data_dir / "suppressed.csv"
    key_file = settings.suppression_key_file or settings.pseudonym_key
    rows = _rows(path)
    if not rows and not key_file.exists():
        return Suppression(path, b"")
    try:
        key = key_file.read_text().strip().encode()
    except OSError as error:
        raise ErasureError(
            f"{key_file}: the key of {path.name} cannot be read ({error.strerror}), so nobody can tell who must not be "
            "landed again. Put the key back, or name it in SIFARAT_SUPPRESSION_KEY_FILE."
        ) from None
    if strange := {row["key_id"] for row in rows} - {key_id(key)}:
        raise ErasureError(
            f"{path}: was made with the key {min(strange)}, and {key_file} is {key_id(key)}. Keep the key that it was "
            "made with in a file of its own and name that in SIFARAT_SUPPRESSION_KEY_FILE: with another key everybody "
            "who was erased would be landed again."
        )
    return Suppression(path, key, frozenset(row["hash"] for row in rows))


def join(path: Path, other: Path) -> None:
    """Put whoever is on the ``other`` list on the one at ``path``; entries that it has keep their day. Raises
    ErasureError where the two were made with different keys."""
    rows = {row["hash"]: row for row in (*_rows(other), *_rows(path))}
    keys = sorted({row["key_id"] for row in rows.values()})
    if len(keys) > 1:
        raise ErasureError(
            f"{path} and the one to join to it were made with different keys ({', '.join(keys)}): no night could read "
            "them as one. Nothing was changed. Use another data folder, with the other one's key, and erase there "
            "again who was erased here."
        )
    _write(path, rows.values())


def key_id(key: bytes) -> str:
    """Tells one key from another, and nothing of it."""
    return hmac.new(key, b"which key", hashlib.sha256).hexdigest()[:12]


def identifiers_in(contract: Contract, place: Place | None, numbered: pl.DataFrame) -> pl.DataFrame:
    """What tells people in each record: ``number`` of the record, ``kind`` and ``value``."""
    where = place or Place(contract.name)
    # An earlier version's records may have fewer columns than the contract has now.
    missing = [field.name for field in contract.fields if field.name not in numbered.columns]
    numbered = numbered.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
    moodle_user = "user_id" if contract.source == "moodle" and "user_id" in numbered.columns else "null"
    query = _IDENTIFIERS.format(
        key=KEY,
        source=contract.source,
        person=where.person,
        service_number=where.service_number,
        email=where.email,
        name=where.name,
        moodle_user=moodle_user,
        number_of_number=_NUMBER.format("service_number"),
        number_of_person=_NUMBER.format("person"),
        number_of_account=_NUMBER.format("split_part(person, '|', 2)"),
    )
    with duckdb.connect() as connection:
        connection.register("place", numbered.to_arrow())
        rows = connection.execute(query).fetchall()
    schema = {"number": pl.UInt32, "kind": pl.String, "value": pl.String}
    told = pl.DataFrame(rows, schema=schema, orient="row").filter(pl.col("value").is_not_null(), pl.col("value") != "")
    names = told.filter(kind=NAME)["value"].unique()
    bags = pl.DataFrame({"value": names, "bag": [bag_of(name) for name in names]}, schema_overrides={"bag": pl.String})
    told = told.join(bags, on="value", how="left").with_columns(
        pl.when(kind=NAME).then("bag").otherwise("value").alias("value")
    )
    return told.drop("bag").filter(pl.col("value").is_not_null())


@lru_cache(maxsize=65536)
def bag_of(name: str) -> str | None:
    """A name's parts in alphabetical order, whatever the order, case, title or accents; None for one part alone, which
    many people share."""
    parts = sorted(parts_of(name))
    return " ".join(parts) if len(parts) > 1 else None


def tokens(text: str) -> set[str]:
    """What a record as received says: strings between quotes, and e-mails wherever they stand."""
    strings = {found[1:-1] for found in re.findall(_STRINGS, text)}
    return strings | set(re.findall(_ADDRESSES, text))


def identified(token: str) -> list[Identifier]:
    """What a piece of text may be: a number, an e-mail, a name."""
    plain = token.strip()
    if not plain or len(plain) > 200:
        return []
    if "@" in plain:
        return [("email", re.sub("^mailto:", "", plain, flags=re.IGNORECASE).lower())]
    if re.search(r"\d", plain):
        return [("number", re.sub(r"\s", "", plain).upper())]
    bag = bag_of(plain)
    return [(NAME, bag)] if bag else []


def identifiers_told(text: str) -> list[Identifier]:
    """What a rejected record may tell people by: its strings, its cells, itself."""
    pieces = tokens(text) | {text}
    cells = {cell for piece in pieces for cell in re.split(r"[,;\t]", piece)}
    return [identifier for piece in pieces | cells for identifier in identified(piece)]


def _write(path: Path, rows: Iterable[dict]) -> None:
    with replacing(path) as written, written.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=itemgetter("hash")))


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ErasureError(f"{path}: the first line must be {','.join(COLUMNS)}; put back the file from a back-up")
        return list(reader)
