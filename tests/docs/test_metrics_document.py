"""`docs/api.md` names every metric that the daemon gives, with its labels and what it means."""

import re
from collections.abc import Iterator
from pathlib import Path

import prometheus_client.parser as prometheus

from api_house import house
from documents import Document

HEADING = "### Metrics"
NOT_OURS = "process_"
"""Of the process itself; what stands before it says so."""


def documented() -> list[str]:
    """The rows of the table of metrics."""
    _, found, text = Document("docs/api.md").path.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")
    assert found
    return re.findall(r"^\| `powerfsm_.*$", text.partition("\n## ")[0], re.MULTILINE)


def rows(text: str) -> Iterator[str]:
    """The rows that there should be, for what the daemon gives."""
    for family in sorted(prometheus.text_string_to_metric_families(text), key=lambda each: each.name):
        names = {sample.name for sample in family.samples if not sample.name.endswith("_created")}
        if family.name.startswith(NOT_OURS) or not names:
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = dict.fromkeys(label for sample in family.samples for label in sample.labels if label != "le")
        yield f"| `{name}` | {family.type} | {', '.join(labels)} | {family.documentation} |"


async def test_the_table_of_metrics_is_what_the_daemon_gives(tmp_path: Path) -> None:
    async with house(tmp_path) as daemon, daemon.client() as client:
        await daemon.add("n1")
        text = (await client.get("/metrics")).text
    due = list(rows(text))
    assert documented() == due, "\n".join(["the table is to be:", *due])
