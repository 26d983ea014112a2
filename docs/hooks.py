"""What MkDocs must know of this repository: the README is the first page, and files of the project are no pages."""

import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    readme = (Path(config.config_file_path).parent / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "index.md", content=readme.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A link to a file outside docs/ becomes the file's name: the site does not hold it."""
    folder = PurePosixPath("docs", page.file.src_uri).parent

    def named(link: re.Match[str]) -> str:
        steps: list[str] = []
        for step in (folder / link[2]).parts:
            steps = steps[:-1] if step == ".." else [*steps, step]
        return link[0] if steps[0] == "docs" else f"{link[1]} (`{'/'.join(steps)}`)"

    return LINK.sub(named, markdown)
