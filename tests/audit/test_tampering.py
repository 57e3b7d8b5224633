"""A journal that was tampered with is found out, each kind of it by what it breaks."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerfsm.audit import Check
from powerfsm.journal import Entry, Kind
from powerfsm.spec import load
from recorded import audited, numbered, played, story

Journal = list[Entry]


def _found(journal: Sequence[Entry]) -> Check | None:
    findings = audited(journal)
    return findings[0].check if findings else None


def _place(journal: Sequence[Entry], kind: Kind, event: str, number: int = 0, **members: object) -> int:
    """Where the journal has the first, second, ... entry of this kind."""
    places = [
        place
        for place, entry in enumerate(journal)
        if (entry.kind, entry.event) == (kind, event)
        and all(entry.detail.get(name, getattr(entry, name, None)) == value for name, value in members.items())
    ]
    return places[number]


def _with(journal: Sequence[Entry], place: int, **members: object) -> Journal:
    detail = {**journal[place].detail, **members.pop("detail", {})}  # type: ignore[dict-item]  # told as a dict
    return [*journal[:place], journal[place]._replace(detail=detail, **members), *journal[place + 1 :]]  # type: ignore[arg-type]


def _without(journal: Sequence[Entry], place: int, count: int = 1) -> Journal:
    return numbered([*journal[:place], *journal[place + count :]])


def _inserted(journal: Sequence[Entry], place: int, entry: Entry) -> Journal:
    return numbered([*journal[:place], entry, *journal[place:]])


def test_the_journal_that_is_tampered_with_here_is_possible() -> None:
    assert audited(story().journal) == []


# Whole entries.


def test_an_entry_that_is_missing_leaves_a_gap_wherever_it_was() -> None:
    journal = story().journal
    for place in range(1, len(journal) - 1):
        assert _found([*journal[:place], *journal[place + 1 :]]) is Check.SEQUENCE


def test_an_entry_that_is_there_twice_is_found_wherever_it_is() -> None:
    journal = story().journal
    for place in range(len(journal)):
        assert _found([*journal[: place + 1], *journal[place:]]) is Check.SEQUENCE


@pytest.mark.parametrize(
    ("kind", "event", "check"),
    [
        (Kind.DAEMON, "started", Check.RECOVERY),
        (Kind.CONFIGURATION, "added", Check.FLEET),
        (Kind.TRANSITION, "request", Check.GENERATION),
        (Kind.TRANSITION, "confirmed", Check.CHAIN),
        (Kind.TRANSITION, "turned", Check.PHASE),
        (Kind.TRANSITION, "cancelled", Check.OPERATION),
        (Kind.TRANSITION, "fence-unanswered", Check.REPORT),
        (Kind.TRANSITION, "restarted", Check.RECOVERY),
        (Kind.TRANSITION, "recover", Check.RECOVERY),
        (Kind.PHASE, "fenced", Check.PHASE),
        (Kind.PHASE, "opened", Check.SESSION),
        (Kind.PHASE, "marked", Check.COMMAND),
        (Kind.PHASE, "left", Check.REPORT),
        (Kind.COMMAND, "reset", Check.COMMAND),
        (Kind.OBSERVATION, "read-on", Check.PHASE),
        (Kind.SESSION, "opened", Check.PHASE),
        (Kind.SESSION, "closed", Check.SESSION),
        (Kind.SESSION, "fence-unanswered", Check.SESSION),
    ],
)
def test_an_entry_that_is_missing_is_found_though_the_rest_was_numbered_anew(
    kind: Kind, event: str, check: Check
) -> None:
    journal = story().journal
    number = -1 if (kind, event) == (Kind.DAEMON, "started") else 0
    assert _found(_without(journal, _place(journal, kind, event, number))) is check


def test_a_whole_operation_that_is_missing_is_found() -> None:
    journal = [entry for entry in story().journal if entry.operation != 2]
    assert _found(numbered(journal)) in (Check.SESSION, Check.OPERATION)


def test_a_middle_that_is_missing_is_found() -> None:
    journal = story().journal
    for begin in range(5, len(journal) - 30, 7):
        assert _found(_without(journal, begin, 20)) is not None


def test_an_entry_of_another_journal_is_found() -> None:
    journal = story().journal
    for entry in played(3).journal:
        if entry.kind is not Kind.DAEMON:
            assert _found(_inserted(journal, 60, entry._replace(node="n1"))) is not None


def test_two_entries_of_a_node_that_changed_places_are_found() -> None:
    journal = list(story().journal)
    for place in range(len(journal) - 1):
        first, second = journal[place], journal[place + 1]
        if first.node is not None and first.node == second.node and first[2:] != second[2:]:
            swapped = numbered([*journal[:place], second, first, *journal[place + 2 :]])
            assert _found(swapped) is not None, (first, second)


# What stands in an entry.

_SEEDS = (0, 3, 12, 24)
_STATES = {Kind.TRANSITION: load().node.states, Kind.PHASE: load().drive.states}


def _other(draw: Callable[[st.SearchStrategy[str]], str], words: Sequence[str], than: str | None) -> str:
    return draw(st.sampled_from([word for word in words if word != than]))


@settings(deadline=None)  # the first journal of each is played, the others are remembered
@given(st.data())
def test_a_node_state_operation_or_generation_that_was_edited_is_found(data: st.DataObject) -> None:
    journal = played(data.draw(st.sampled_from(_SEEDS))).journal
    place = data.draw(st.sampled_from([place for place, entry in enumerate(journal) if entry.node is not None]))
    entry = journal[place]
    member = data.draw(
        st.sampled_from(
            [
                name
                for name in ("node", "operation", "generation", "before", "after")
                if getattr(entry, name) is not None
            ]
        )
    )
    value: object
    match member:
        case "node":
            value = _other(data.draw, ("n1", "n2", "n3"), entry.node)
        case "before" | "after":
            value = _other(data.draw, _STATES[entry.kind], getattr(entry, member))
        case _:
            value = getattr(entry, member) + data.draw(st.sampled_from([-2, -1, 1, 2]))
    assert _found(_with(journal, place, **{member: value})) is not None


@settings(deadline=None)
@given(st.data())
def test_another_event_of_a_step_is_found_or_was_as_possible(data: st.DataObject) -> None:
    """Two events may lead to the same phase by themselves; of a node's steps the same is true of none."""
    journal = story().journal
    steps = [place for place, entry in enumerate(journal) if entry.kind in _STATES]
    place = data.draw(st.sampled_from(steps))
    entry = journal[place]
    events = load().node.events if entry.kind is Kind.TRANSITION else load().drive.events
    event = _other(data.draw, events, entry.event)
    found = _found(_with(journal, place, event=event))
    assert found is not None or (entry.kind is Kind.PHASE and event in ("expired", "broken-off"))


@pytest.mark.parametrize(
    ("kind", "event", "detail", "check"),
    [
        (Kind.TRANSITION, "request", {"ask": "off"}, Check.STEP),
        (Kind.TRANSITION, "request", {"ask": "levitate"}, Check.WORDS),
        (Kind.TRANSITION, "confirmed", {"reading": "off"}, Check.READING),
        (Kind.TRANSITION, "confirmed", {"read_at": 0.5}, Check.READING),
        (Kind.TRANSITION, "confirmed", {"read_at": 1e9}, Check.READING),
        (Kind.TRANSITION, "confirmed", {"read_at": None}, Check.READING),
        (Kind.COMMAND, "reset", {"session": 7}, Check.COMMAND),
        (Kind.COMMAND, "reset", {"outcome": "answered"}, Check.COMMAND),
        (Kind.COMMAND, "reset", {"outcome": "forgotten"}, Check.WORDS),
        (Kind.SESSION, "opened", {"for": "off"}, Check.SESSION),
        (Kind.SESSION, "opened", {"session": "no number"}, Check.WORDS),
        (Kind.SESSION, "closed", {"how": "by id"}, Check.SESSION),
        (Kind.SESSION, "closed", {"session": 7}, Check.SESSION),
    ],
)
def test_a_detail_that_was_edited_is_found(
    kind: Kind, event: str, detail: dict[str, object], check: Check
) -> None:
    journal = story().journal
    assert _found(_with(journal, _place(journal, kind, event), detail=detail)) is check


def test_a_reading_that_was_edited_is_found() -> None:
    journal = story().journal
    for place, entry in enumerate(journal):
        if entry.event in ("read-on", "read-off"):
            other = "read-off" if entry.event == "read-on" else "read-on"
            assert _found(_with(journal, place, event=other)) is not None


def test_a_command_that_was_edited_is_found() -> None:
    journal = story().journal
    for place, entry in enumerate(journal):
        if entry.kind is Kind.COMMAND:
            other = "off" if entry.event == "on" else "on"
            assert _found(_with(journal, place, event=other)) is Check.COMMAND


# What the promises forbid.


def test_a_command_without_a_session_is_found() -> None:
    journal = story().journal
    sent = _place(journal, Kind.COMMAND, "reset", outcome="sent")
    opened = _place(journal, Kind.SESSION, "opened")
    assert opened < sent
    assert _found(_without(journal, opened)) is Check.PHASE
    at_rest = Entry(0, 0.0, Kind.COMMAND, "n2", "on", None, 0, detail={"session": 1, "outcome": "sent"})
    assert _found(_inserted(journal, opened, at_rest)) is Check.PHASE


def test_a_success_without_a_reading_is_found() -> None:
    journal = list(story().journal)
    confirmed = _place(journal, Kind.TRANSITION, "confirmed")
    unread = [
        entry
        for place, entry in enumerate(journal)
        if place > confirmed
        or not (entry.kind is Kind.OBSERVATION or entry.event in ("read-goal", "read-other"))
        or entry.operation != journal[confirmed].operation
    ]
    assert _found(numbered(unread)) is Check.PHASE


def test_a_second_reset_is_found() -> None:
    journal = list(story().journal)
    sent = _place(journal, Kind.COMMAND, "reset", outcome="sent")
    again = journal[sent : sent + 2]
    assert [entry.detail["outcome"] for entry in again] == ["sent", "answered"]
    assert _found(numbered([*journal[: sent + 2], *again, *journal[sent + 2 :]])) is Check.COMMAND


def test_an_operation_that_ends_twice_is_found() -> None:
    journal = story().journal
    confirmed = _place(journal, Kind.TRANSITION, "confirmed")
    assert _found(_inserted(journal, confirmed + 1, journal[confirmed])) is Check.CHAIN


def test_a_restart_that_no_daemon_made_is_found() -> None:
    journal = story().journal
    restarted = _place(journal, Kind.TRANSITION, "restarted")
    pair = journal[restarted : restarted + 2]
    place = _place(journal, Kind.COMMAND, "reset") + 1
    assert _found(numbered([*journal[:place], *pair, *journal[place:]])) is Check.RECOVERY


def test_a_start_that_nobody_made_is_found_where_work_was_under_way() -> None:
    journal = story().journal
    place = _place(journal, Kind.COMMAND, "reset") + 1
    started = Entry(0, 0.0, Kind.DAEMON, None, "started")
    assert _found(_inserted(journal, place, started)) is Check.RECOVERY


def test_a_rejected_event_is_a_defect() -> None:
    journal = story().journal
    rejected = Entry(
        0, 0.0, Kind.TRANSITION, "n1", "confirmed", None, 0, "unknown", None, {"rejected": "no action is in play"}
    )
    assert _found(_inserted(journal, 2, rejected)) is Check.DEFECT


def test_a_request_after_the_daemon_began_to_end_is_found() -> None:
    journal = story().journal
    ended = Entry(0, 0.0, Kind.DAEMON, None, "ended")
    assert _found(_inserted(journal, _place(journal, Kind.TRANSITION, "request"), ended)) is Check.END


def test_nonsense_in_the_place_of_values_is_a_finding_and_no_crash() -> None:
    journal = story().journal
    for member in Entry._fields[1:]:
        for nonsense in (object(), [], "?", -1, 2.5):
            changed = journal[20]._replace(**{member: nonsense})  # type: ignore[arg-type]
            audited([*journal[:20], changed, *journal[21:]])
    assert _found([*journal[:20], journal[20]._replace(detail=[]), *journal[21:]]) is Check.WORDS  # type: ignore[arg-type]
