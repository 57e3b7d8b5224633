"""The numbers that `docs/security.md` gives are those that are in force."""

import re
from inspect import signature
from typing import get_args

from pydantic.fields import FieldInfo

from documents import Document
from powerfsm.api import bodies, connection, crowd, gate, problems, server
from powerfsm.api.power import Key
from powerfsm.api.problems import KINDS
from powerfsm.config import LimitsConfiguration
from powerfsm.hostlist import LONGEST_NAME, MOST_BRACKETS
from powerfsm.registry.feed import Feed
from powerfsm.registry.writer import MOST_WAITING

TEXT = Document("docs/security.md").path.read_text(encoding="utf-8")


def limits() -> dict[str, str]:
    """The rows of the table: what, and how much at most."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", TEXT, re.MULTILINE)
    return {what: most for what, most in rows if what not in {"what", "---"}}


def test_every_limit_is_the_one_in_force() -> None:
    header = next(each for each in get_args(Key) if isinstance(each, FieldInfo))
    longest_key = max(getattr(each, "max_length", 0) for each in header.metadata)
    room = crowd.Room()
    assert crowd.Room(*LimitsConfiguration().room) == room
    assert limits() == {
        "first line and headers of a request": (
            f"{connection.LARGEST_HEAD // 1024} KiB, {gate.MOST_HEADERS} headers"
        ),
        "until they have come, from the connection's begin or the last answer's end": (
            f"{connection.HEAD_SECONDS:g} s"
        ),
        "body": f"{gate.LARGEST_BODY // 2**20} MiB",
        "until it has come": f"{gate.BODY_SECONDS:g} s",
        f"until each {connection.PIECE // 1024} KiB of an answer are taken, of an event stream too": (
            f"{connection.ANSWER_SECONDS:g} s"
        ),
        "nodes or operations that one request names": f"{bodies.MOST_ASKED:,}",
        "brackets of one pattern in a hostlist": f"{MOST_BRACKETS}",
        "characters of a name": f"{LONGEST_NAME}",
        "members of a JSON object": f"{bodies.MOST_MEMBERS}",
        "mistakes told of one request": f"{problems.MOST_ERRORS}",
        "nesting of JSON": "what Python reads, about 1,000",
        "idempotency key": f"{longest_key} characters",
        "connections at once": f"`limits.connections`, {room.connections}",
        "event streams at once": f"`limits.streams`, {room.streams}",
        "requests at once that wait for operations": f"`limits.waits`, {room.waits}",
        "entries that wait for a slow listener": f"{signature(Feed.listen).parameters['depth'].default} commits",
        "requests that wait for the disk": f"{MOST_WAITING:,}",
    }
    assert f"{server.RESERVE} file descriptors" in TEXT


def test_every_problem_that_is_named_is_one() -> None:
    named = re.findall(r"(\d{3}) `([a-z-]+)`", TEXT)
    assert len(named) > 8
    for status, name in named:
        assert KINDS[name].status == int(status)
