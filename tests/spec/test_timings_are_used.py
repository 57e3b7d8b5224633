"""A timing that nothing reads would be a promise that nothing keeps: every one in the spec is read by the code.

Events, guards and effects that are never used are mistakes that the reading tells; timings are not named by
the machines, so the code itself is searched.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import powerfsm
from powerfsm.spec import load

PACKAGE = Path(powerfsm.__file__).parent


def names_read() -> Iterator[str]:
    """What is taken from anything called `...timings` or `...timings(...)`, and by timings from themselves."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                holder = ast.unparse(node.value)
                if re.search(r"timings(\(.*\))?$", holder) or (path.name == "timings.py" and holder == "self"):
                    yield node.attr.replace("_", "-")


def test_every_timing_of_the_spec_is_read_somewhere() -> None:
    unread = load().timings.keys() - set(names_read())
    assert not unread, f"in spec/power.yaml, and read by nobody: {', '.join(sorted(unread))}"
