"""Sequence diagrams of traces: in Mermaid, and in characters for whoever has only a terminal.

The notes at the registry are the node's states, those at the action the phases of its drive.  At the end stands
what is broken, with the spec's sentence about it.
"""

import textwrap

from powerfsm.model.story import Arrow, Cut, Item, Note, Party, Refrain, Steps, Story, of_steps, story
from powerfsm.model.trace import Trace
from powerfsm.spec import Spec

WIDTH = 100
"""Columns of the text diagram."""

_MERMAID_WIDTH = 70
_MARGIN = 5


def mermaid(trace: Trace, spec: Spec) -> str:
    """Draw a trace as a Mermaid sequence diagram.

    Args:
        trace: What to draw.
        spec: Where the sentences about broken properties stand.
    """
    told, several = story(trace), len(trace.nodes) > 1
    lines = ["sequenceDiagram", *(f"    participant {party.value}" for party in told.parties)]
    everybody = f"{told.parties[0].value},{told.parties[-1].value}"
    lines += [f"    {_in_mermaid(item, everybody, several=several)}" for item in told.items]
    for name in told.broken:
        wrapped = "<br/>".join(textwrap.wrap(_sentence(name, spec), _MERMAID_WIDTH))
        lines.append(f"    Note over {everybody}: {_plain(wrapped)}")
    return "\n".join(lines) + "\n"


def _in_mermaid(item: Item, everybody: str, *, several: bool) -> str:
    match item:
        case Arrow(source, target, label):
            line = "--" if item.back else "-"
            return f"{source.value}{line}{'x' if item.lost else '>>'}{target.value}: {_plain(label)}"
        case Note(party, text):
            return f"Note over {party.value}: {_plain(text)}"
        case Steps(party=party):
            return f"Note over {party.value}: {_plain(of_steps(item, '→', several=several))}"
        case Cut(text):
            return f"Note over {everybody}: {_plain(text)}"
        case Refrain():
            return f"Note over {everybody}: {_plain(item.text)}"


def _plain(text: str) -> str:
    """What Mermaid would take for its own: a semicolon ends a statement, a hash begins an entity."""
    return text.translate({ord("#"): "#35;", ord(";"): "#59;"})


def text(trace: Trace, spec: Spec) -> str:
    """Draw a trace in characters, at most `WIDTH` columns wide.

    Args:
        trace: What to draw.
        spec: Where the sentences about broken properties stand.
    """
    told, several = story(trace), len(trace.nodes) > 1
    canvas = _Canvas(told)
    canvas.names()
    for item in told.items:
        canvas.draw(item, several=several)
    canvas.names()
    for name in told.broken:
        canvas.lines += ["", *textwrap.wrap(_sentence(name, spec), WIDTH)]
    return "\n".join(canvas.lines) + "\n"


def _sentence(name: str, spec: Spec) -> str:
    known = spec.file.properties.get(name)
    if known is None:
        return f"Broken: {name}"
    return f"Broken: {name} (promise {known.promise}). {known.about}"


class _Canvas:
    """Lines of characters, with a column for each party."""

    def __init__(self, told: Story) -> None:
        pitch = (WIDTH - 2 * _MARGIN) // (len(told.parties) - 1)
        self._columns = {party: _MARGIN + number * pitch - 1 for number, party in enumerate(told.parties)}
        self.lines: list[str] = []

    def names(self) -> None:
        row = [" "] * WIDTH
        for party, column in self._columns.items():
            self._write(row, column - len(party.value) // 2, party.value)
        self._end(row)

    def draw(self, item: Item, *, several: bool) -> None:
        match item:
            case Arrow():
                self._arrow(item)
            case Note(party, told):
                self._note(party, told)
            case Steps(party=party):
                self._note(party, of_steps(item, "->", several=several))
            case Cut(told):
                self._across(told, "=")
            case Refrain():
                self._across(item.text, ".")

    def _arrow(self, arrow: Arrow) -> None:
        source, target = self._columns[arrow.source], self._columns[arrow.target]
        low, high = min(source, target) + 1, max(source, target)
        room = high - low
        head = "x" if arrow.lost else (">" if source < target else "<")
        label = f" {arrow.label} "
        if len(label) + 1 > room:
            # Its words stand above it.
            row = self._lifelines()
            self._write(row, max(0, min(low + (room - len(label)) // 2, WIDTH - len(label))), label)
            self._end(row)
            label = ""
        shaft = label.center(room - 1, "." if arrow.back else "-")
        row = self._lifelines()
        self._write(row, low, shaft + head if source < target else head + shaft)
        self._end(row)

    def _note(self, party: Party, told: str) -> None:
        for part in textwrap.wrap(told, WIDTH - 4):
            boxed = f"[{part}]"
            start = self._columns[party] - len(boxed) // 2
            row = self._lifelines()
            self._write(row, max(0, min(start, WIDTH - len(boxed))), boxed)
            self._end(row)

    def _across(self, told: str, line: str) -> None:
        self.lines.append(f" {told} ".center(WIDTH, line))

    def _lifelines(self) -> list[str]:
        row = [" "] * WIDTH
        for column in self._columns.values():
            row[column] = "|"
        return row

    def _write(self, row: list[str], at: int, told: str) -> None:
        row[at : at + len(told)] = told

    def _end(self, row: list[str]) -> None:
        self.lines.append("".join(row).rstrip())
