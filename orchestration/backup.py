"""What cannot be fetched again, in one file: the landing, the answers of who is who, the list of erased people.

A back-up is a tar (Parquet is compressed already) that its owner alone may read. Its last member, ``manifest.json``,
tells size and SHA-256 of every other, when it was made (UTC), whose records it holds and which key the pseudonyms had:
the key's id, never the key. A tar that was cut short has no manifest.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from orchestration.erasure import landed
from orchestration.erasure.suppression import Suppression, join, key_id, load
from orchestration.files import replacing
from orchestration.identity.review import forget, open_questions, read_answers
from orchestration.landing import kind_held
from orchestration.settings import Settings

MANIFEST = "manifest.json"
LANDING, REVIEW, SUPPRESSED = "landing", "identity/review.csv", "suppressed.csv"
LEFT_OUT = ("_commits", "_verified.parquet")
CHUNK = 1 << 20


class BackupError(Exception):
    """There is nothing to back up, or the file is no back-up that can be restored; the message says what to do."""


@dataclass(frozen=True)
class Told:
    """What a back-up holds. ``made_at`` is UTC; ``key_id`` is None where there was no key."""

    made_at: str
    kind: str
    key_id: str | None
    files: dict[str, dict]
    format: Literal[1] = 1

    @property
    def size(self) -> int:
        return sum(told["bytes"] for told in self.files.values())


def back_up(settings: Settings, path: Path, progress: Callable[[int, int], None] = lambda *_: None) -> Told:
    """Write the back-up, whole or not at all. For whoever works alone on the data folder. Raises BackupError."""
    if path.exists():
        raise BackupError(f"{path} exists already; name another file, so that no back-up is lost.")
    kind = kind_held(settings.landing_dir)
    if kind is None:
        raise BackupError(f"{settings.landing_dir} holds no landing yet; there is nothing to back up.")
    files = dict(_files(settings))
    manifest: dict[str, dict] = {}
    try:
        with replacing(path) as written, tarfile.open(written, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for done, (member, source) in enumerate(files.items(), start=1):
                manifest[member] = _add(tar, member, source)
                progress(done, len(files))
            told = Told(
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                kind=kind,
                key_id=_key_id(settings.pseudonym_key),
                files=manifest,
            )
            content = json.dumps(vars(told), indent=1).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size, info.mode = len(content), 0o600
            tar.addfile(info, io.BytesIO(content))
    except OSError as error:
        raise BackupError(f"{path} cannot be written, and there is no back-up: {error}") from error
    return told


def copy_key(settings: Settings, path: Path) -> None:
    """The key in a file of its own, its owner's alone. Raises BackupError."""
    try:
        key = settings.pseudonym_key.read_bytes()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
    except OSError as error:
        raise BackupError(f"The key cannot be copied to {path}: {error.strerror}") from error


def restore(settings: Settings, path: Path, progress: Callable[[int, int], None] = lambda *_: None) -> Told:
    """Put a back-up into a data folder that has no landing. Checked whole before anything is in its place; who was
    erased since, by the list that lies in the data folder, stays erased. For whoever works alone on the data folder.
    Raises BackupError or ErasureError, with nothing changed."""
    if kind_held(settings.landing_dir) is not None:
        raise BackupError(
            f"{settings.landing_dir} holds a landing, and a restore replaces none: move it away, or set "
            "SIFARAT_DATA_DIR to another folder."
        )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".restore.", suffix=".tmp", dir=settings.data_dir))
    try:
        told = _unpack(path, staged, progress)
        newer = load(settings)
        if newer:
            _erase_anew(newer, staged)
        if (staged / SUPPRESSED).exists():
            join(settings.data_dir / SUPPRESSED, staged / SUPPRESSED)
        if (staged / REVIEW).exists() and not settings.review.exists():
            settings.review.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(staged / REVIEW, settings.review)
        # Last: with it the restore is done, and before it can be done again.
        shutil.rmtree(settings.landing_dir, ignore_errors=True)
        (staged / LANDING).replace(settings.landing_dir)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return told


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Members and the files behind them. What a run was writing is none."""
    for path in sorted(settings.landing_dir.rglob("*")):
        place = path.relative_to(settings.landing_dir)
        if path.is_file() and place.parts[0] not in LEFT_OUT and not path.name.startswith("."):
            yield f"{LANDING}/{place.as_posix()}", path
    for member, path in ((REVIEW, settings.review), (SUPPRESSED, settings.data_dir / SUPPRESSED)):
        if path.exists():
            yield member, path


def _add(tar: tarfile.TarFile, member: str, source: Path) -> dict:
    content = source.read_bytes()
    info = tarfile.TarInfo(member)
    info.size, info.mode, info.mtime = len(content), 0o600, source.stat().st_mtime
    tar.addfile(info, io.BytesIO(content))
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _unpack(path: Path, staged: Path, progress: Callable[[int, int], None]) -> Told:
    """All members below ``staged``, held against the manifest."""
    found: dict[str, dict] = {}
    manifest = b""
    try:
        with tarfile.open(path, mode="r:") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if member.name == MANIFEST and content:
                    manifest = content.read()
                    continue
                target = staged / _checked(member, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                found[member.name] = _write(content, target)
                os.utime(target, (member.mtime, member.mtime))
                progress(len(found), 0)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupError(f"{path} is damaged or no back-up ({error}); nothing was restored. Take another.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be restored: {error}; nothing was changed.") from None
    try:
        told = TypeAdapter(Told).validate_json(manifest)
    except ValidationError:
        raise BackupError(
            f"{path} has no manifest of this format: it was cut short, or is no back-up. Take another."
        ) from None
    wrong = sorted(name for name in {*found, *told.files} if found.get(name) != told.files.get(name))
    if wrong:
        raise BackupError(
            f"{path} is damaged: {len(wrong)} of its files are not as they were, first {wrong[0]}; nothing was "
            "restored. Take another."
        )
    return told


def _checked(member: tarfile.TarInfo, path: Path) -> PurePosixPath:
    """The member's place. A name that leads out of the folder, or what is no plain file, is no back-up's."""
    place = PurePosixPath(member.name)
    is_ours = place.parts[:1] == (LANDING,) or member.name in (REVIEW, SUPPRESSED)
    if not member.isreg() or place.is_absolute() or ".." in place.parts or not is_ours:
        raise BackupError(
            f"{path}: {member.name!r} belongs into no back-up; nothing was restored. Do not trust the file."
        )
    return place


def _write(source, target: Path) -> dict:
    digest, size = hashlib.sha256(), 0
    with open(target, "wb") as file:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    target.chmod(0o600)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _erase_anew(suppression: Suppression, staged: Path) -> None:
    root, review = staged / LANDING, staged / REVIEW
    landed.remove(root, landed.found_in(root, suppression, None))
    keys = {key for pair in read_answers(review) for key in pair}
    keys |= {row[side] for row in open_questions(review) for side in ("left", "right")}
    forget(review, {key for key in keys if suppression.has(("mention", key))})


def _key_id(path: Path) -> str | None:
    return key_id(path.read_text().strip().encode()) if path.exists() else None


def key_is_another(settings: Settings, told: Told) -> str | None:
    """What to do where the key that stands is not the back-up's; None where it is."""
    standing = _key_id(settings.pseudonym_key)
    if told.key_id is None or standing == told.key_id:
        return None
    there = f"is another ({standing})" if standing else "is missing"
    return (
        f"The back-up's pseudonyms had the key {told.key_id}, and {settings.pseudonym_key} {there}: put the right key "
        "there before the next night, or officers get other pseudonyms."
    )
