"""`docs/api.md` is a promise: it has the routes, roles, problems and shapes that there are."""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from api_house import house
from documents import Document
from powerfsm.api import answers
from powerfsm.api.problems import KINDS
from powerfsm.journal import Kind
from powerfsm.operation import Status
from powerfsm.power import Ask
from powerfsm.spec import load

TEXT = Document("docs/api.md").path.read_text(encoding="utf-8")
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?\s]*)[^`]*`")

Route = tuple[str, str]


def documented() -> dict[Route, str]:
    """Each route of the document with the role that it says is needed."""
    routes: dict[Route, str] = {}
    for line in TEXT.splitlines():
        if line.startswith(("### `", "- `GET ")):
            role = re.search(r"\((open|read|operate|admin)\b", line)
            assert role is not None, line
            for method, path in ROUTE.findall(line):
                assert routes.setdefault((method, path), role[1]) == role[1], line
    return routes


async def served(directory: Path) -> dict[Route, str]:
    """Each route of the daemon's own description with the role that it needs."""
    async with house(directory) as daemon, daemon.client() as client:
        description: dict[str, Any] = (await client.get("/openapi.json")).json()
    return {
        (method.upper(), path): operation["security"][0]["bearer"][0] if "security" in operation else "open"
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


async def test_routes_and_roles_are_those_that_are_served(tmp_path: Path) -> None:
    assert documented() == await served(tmp_path)


def test_problems_are_those_that_are_told() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3})", TEXT, re.MULTILINE)
    assert {name: int(status) for name, status in rows} == {kind.name: kind.status for kind in KINDS.values()}


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("### Node", answers.NodeAnswer),
        ("### Operation", answers.OperationAnswer),
        ("### Entry (of the journal; an event)", answers.EntryAnswer),
    ],
)
def test_an_example_has_the_shape_that_is_answered(heading: str, model: type[BaseModel]) -> None:
    _, _, behind = TEXT.partition(f"\n{heading}\n")
    example = json.loads(behind.split("```")[1].removeprefix("json"))
    assert list(example) == list(model.model_fields)
    assert model.model_validate(example).model_dump(mode="json") == example


def listed(word: str, after: str) -> list[str]:
    """The words that are listed behind `word`, in the section `after`."""
    _, _, section = TEXT.partition(f"\n### {after}")
    line = re.search(rf"^- `{word}`: (.*(?:\n  .*)*)", section, re.MULTILINE)
    assert line is not None
    return re.findall(r"`([a-z-]+)`", line[1].partition(";")[0].partition(". ")[0])


@pytest.mark.parametrize(
    ("word", "section", "words"),
    [("ask", "Operation", Ask), ("status", "Operation", Status), ("kind", "Entry", Kind)],
)
def test_words_are_those_that_there_are(word: str, section: str, words: type[StrEnum]) -> None:
    assert sorted(listed(word, section)) == sorted(words)


def test_states_are_those_that_are_declared() -> None:
    assert sorted(listed("state", "Node")) == sorted(load().node.states)
