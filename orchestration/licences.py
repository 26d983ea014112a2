"""Writes docs/licences.md: every locked package with its version and licence, as its own metadata tells them.

make licences
"""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from orchestration.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "licences.md"
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", re.MULTILINE)
HEAD = """# Licences

Of the packages in `requirements.lock`, as each one's own metadata tells it. Written by `make licences`.
`make audit` asks a database of known vulnerabilities about the same packages, where one can be reached.

| package | version | licence |
| --- | --- | --- |
"""


def page() -> str:
    """The page, one row per locked package that is installed here; what is locked for other machines is left out."""
    rows = []
    for name in LOCKED.findall((PROJECT_DIR / "requirements.lock").read_text(encoding="utf-8")):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        rows.append(f"| {name} | {found.version} | {licence(found)} |")
    return HEAD + "\n".join(rows) + "\n"


def licence(package: Distribution) -> str:
    """The licence's expression, else its classifiers, else the first line of its text; "not told" without any."""
    told: Any = package.metadata  # the standard library's stub does not know it as the message that it is
    if expression := told.get("License-Expression"):
        return expression
    classified = [text.split(" :: ")[-1] for text in told.get_all("Classifier", []) if text.startswith("License ::")]
    words = "; ".join(dict.fromkeys(kind for kind in classified if kind != "OSI Approved"))
    written = next((line.strip() for line in (told.get("License") or "").splitlines() if line.strip()), "")
    return (words or written[:80] or "not told").replace("|", "/")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE}")
