"""Times that are written in prose are those that are declared."""

import re

import pytest
import yaml

from documents import Document
from powerfsm.spec import load

DRIVERS = Document("docs/drivers.md").path.read_text(encoding="utf-8")
TIMINGS = load().timings


def test_a_quarantine_lasts_as_long_as_it_is_said_to() -> None:
    said = re.search(r"((?:`[a-z-]+` \+ )+`[a-z-]+`), (\d+) s by default", DRIVERS)
    assert said is not None
    assert sum(TIMINGS[name] for name in re.findall(r"[a-z-]+", said[1])) == int(said[2])


def test_retransmissions_and_their_end_are_as_they_are_said_to_be() -> None:
    said = re.search(r"after ([\d.]+) s,[^()]* for ([\d.]+) s \(`([a-z-]+)`, `([a-z-]+)`\)", DRIVERS)
    assert said is not None
    assert TIMINGS[said[3]] == float(said[1])
    assert TIMINGS[said[4]] == float(said[2])


@pytest.mark.parametrize("document", ["README.md", "docs/drivers.md"])
def test_a_timing_that_is_set_is_declared(document: str) -> None:
    text = Document(document).path.read_text(encoding="utf-8")
    named = re.findall(r"--timing ([a-z-]+)=", text)
    named += [name for block in Document(document).fenced("yaml") for name in yaml.safe_load(block)["timings"]]
    assert named
    for name in named:
        assert name in TIMINGS
