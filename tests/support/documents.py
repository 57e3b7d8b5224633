"""Documents taken apart: the commands, examples, links and paths that a reader would try."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Document:
    """A Markdown file of this repository; `name` is its path from the root."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Where it is."""
        return ROOT / self.name

    @cached_property
    def blocks(self) -> list[Token]:
        """Its blocks, in order."""
        return MarkdownIt("commonmark").enable("table").parse(self.path.read_text(encoding="utf-8"))

    def fenced(self, kind: str) -> list[str]:
        """The fenced blocks of a kind (`yaml`, `console`, or the empty text)."""
        return [block.content for block in self.blocks if block.type == "fence" and block.info == kind]

    @property
    def commands(self) -> list[str]:
        """The lines of its indented blocks, without what stands behind a `#`."""
        lines = [
            line for block in self.blocks if block.type == "code_block" for line in block.content.splitlines()
        ]
        return [command for line in lines if (command := line.partition(" #")[0].strip())]

    @property
    def code(self) -> list[str]:
        """What stands in its text as code."""
        return [each.content for each in self._inline() if each.type == "code_inline"]

    @property
    def links(self) -> list[str]:
        """Where its links and pictures lead."""
        targets = [each.attrs.get("href", each.attrs.get("src")) for each in self._inline()]
        return [str(target) for target in targets if target is not None]

    @property
    def anchors(self) -> set[str]:
        """The names of its headings, as links call them."""
        pairs = zip(self.blocks, self.blocks[1:], strict=False)
        headings = [text.content for block, text in pairs if block.type == "heading_open"]
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def paragraph(self, words: str) -> str:
        """The paragraph in which these words stand."""
        (found,) = [block.content for block in self.blocks if block.type == "inline" and words in block.content]
        return found

    def _inline(self) -> list[Token]:
        return [each for block in self.blocks if block.type == "inline" for each in block.children or ()]


README = Document("README.md")
CONTRIBUTING = Document("CONTRIBUTING.md")
EVERY_DOCUMENT = [
    README,
    CONTRIBUTING,
    Document("CHANGELOG.md"),
    *(Document(f"docs/{path.name}") for path in sorted((ROOT / "docs").glob("*.md"))),
    Document("spec/generated/machine.md"),
]
