"""What tests have covered of the spec, told where they were started: a line each, and tables on demand.

Counts travel with the reports of the tests, so they arrive whichever process ran them.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pytest

from powerfsm.spec import Machine, load
from spec_coverage import Cell, share, table

PROPERTY = "coverage of the spec"


def publish(
    record_property: Callable[[str, object], None], machine: Machine, by: str, taken: Mapping[Cell, int]
) -> None:
    """Send along with a test's report what it has covered, and by which means."""
    counts = [[*cell, number] for cell, number in taken.items()]
    record_property(PROPERTY, json.dumps({"machine": machine.name, "by": by, "taken": counts}))


def tell(reports: Iterable[pytest.TestReport], *, tables: bool) -> list[str]:
    """What the reports of a run have sent along, as lines of Markdown; none where nothing was."""
    lines, every = list[str](), dict[str, Counter[Cell]]()
    for name, by, taken in sorted(_published(reports), key=lambda each: each[:2]):
        machine = getattr(load(), name)
        lines.append(f"- {name}, by {by}: {share(machine, taken)}")
        every.setdefault(name, Counter()).update(taken)
    for name, taken in every.items():
        machine = getattr(load(), name)
        lines.append(f"- **{name}, in all: {share(machine, taken)} branches, ignored and rejected pairs**")
    for name, taken in every.items() if tables else ():
        lines += ["", f"## {name}", "", table(getattr(load(), name), taken)]
    return lines


def _published(reports: Iterable[pytest.TestReport]) -> Iterable[tuple[str, str, Counter[Cell]]]:
    for report in reports:
        for name, told in report.user_properties if report.when == "call" else ():
            if name == PROPERTY:
                read = json.loads(str(told))
                taken = Counter({Cell(*cell): number for *cell, number in read["taken"]})
                yield read["machine"], read["by"], taken
