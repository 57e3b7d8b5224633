"""A spec small enough to be wrong in one place at a time."""

from collections.abc import Callable

import pytest

from powerfsm.spec.mistakes import SpecError
from powerfsm.spec.reading import read

SMALL = """\
version: 1
timings:
  settle: {default: 3, about: "Wait."}
rankings:
  table:
    about: "Who cancels whom."
    outranks:
      "on": []
      "off": ["on", cycle]
      ready: []
      soft-off: []
      cycle: []
      reset: []
machines:
  node:
    about: "One node."
    initial: idle
    states:
      idle: {kind: resting, about: "At rest.", declares: "off"}
      busy: {kind: driving, about: "At work."}
      over: {kind: final, about: "Done."}
    events:
      begin: {from: requester, about: "Begin."}
      finish: {from: action, about: "Finish."}
    guards:
      fit: "May begin."
      last: "Nothing more to do."
    effects:
      keep: {kind: durable, about: "Keep it."}
      tell: {kind: live, about: "Tell it."}
    transitions:
      idle: &row
        begin:
          - {when: [fit], to: busy, do: [keep, tell]}
          - {to: idle, do: []}
        finish: {reject: "nothing was begun"}
      busy:
        <<: *row
        finish:
          - {when: [last], to: over, do: [keep]}
          - {to: idle, do: [tell]}
  drive:
    about: "One action."
    initial: going
    states:
      going: {kind: driving, about: "Going."}
      gone: {kind: final, about: "Gone."}
    events:
      arrive: {from: action, about: "Arrive."}
      wait: {from: action, about: "Wait."}
      call: {from: action, about: "Call."}
    guards: {}
    effects: {}
    transitions:
      going:
        arrive: {to: gone, do: []}
        wait: {to: going, do: []}
        call: {to: going, do: []}
"""


@pytest.fixture(scope="session")
def small() -> str:
    """A spec without a mistake."""
    return SMALL


@pytest.fixture
def told() -> Callable[..., list[str]]:
    """What is told of the small spec once each (old, new) has been changed in it."""

    def change(*changes: tuple[str, str]) -> list[str]:
        text = SMALL
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the small spec"
            text = text.replace(old, new)
        with pytest.raises(SpecError) as caught:
            read(text.encode(), "power.yaml")
        return str(caught.value).splitlines()

    return change
