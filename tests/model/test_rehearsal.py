"""Traces of the model, played by the real code before simulated BMCs: good runs and counterexamples.

With the spec in which a counterexample was found the real code breaks the promise; with the spec as it is, the
same schedule makes it depart from the trace where the protocol protects it, and nothing is broken.
"""

from pathlib import Path
from typing import Any

import pytest

from powerfsm.model.trace import Sample, Trace, parse
from powerfsm.node import Policy
from powerfsm.rehearsal import Verdict, rehearse
from powerfsm.spec import Spec, load, schema
from powerfsm.spec.machine import assemble

TRACES = Path(__file__).parent / "traces"


def trace(name: str) -> Trace:
    return parse((TRACES / f"{name}.txt").read_text(encoding="utf-8"))


def drive_with(outcomes: dict[tuple[str, str], str], initial: str = "fencing") -> Spec:
    """The spec with a drive that goes elsewhere."""
    file = load().file
    drive = file.machines.drive
    rows: dict[str, dict[str, Any]] = {state: dict(row) for state, row in drive.transitions.items()}
    for (state, event), after in outcomes.items():
        rows[state][event] = schema.Branch(to=after, do=[])
    changed = drive.model_copy(update={"transitions": rows, "initial": initial})
    machines = file.machines.model_copy(update={"drive": changed})
    return assemble(file.model_copy(update={"machines": machines}), "changed for a test")


COUNTEREXAMPLES: dict[str, tuple[Spec, str, str]] = {
    "no-fence": (
        drive_with({}, initial="settling"),
        "went on, by command, after it was declared off",
        "the drive of n1 goes from settling by settled to opening; it went from fencing by fenced to settling",
    ),
    "fence-not-awaited": (
        drive_with({("fencing", "fence-unanswered"): "settling"}),
        "went on, by command, after it was declared off",
        "it went from fencing by fence-unanswered to quarantined",
    ),
    "no-settle": (
        drive_with({("fencing", "fenced"): "opening"}),
        "went on, by command, after it was declared off",
        "it went from fencing by fenced to settling",
    ),
    "verify-before-close": (
        drive_with(
            {
                ("checking", "read-goal"): "fencing",
                ("reading", "read-goal"): "fencing",
                ("fencing", "fenced"): "closing",
            },
            initial="settling",
        ),
        "was declared off while its power was on",
        "it went from fencing by fenced to settling",
    ),
    "recorded-after-sending": (
        drive_with(
            {
                ("opening", "opened"): "checking",
                ("commanding", "answered"): "recording",
                ("recording", "recorded"): "reading",
            }
        ),
        "went on, by command, after it was declared off",
        "the drive of n1 goes from opening by opened to checking; it went from opening by opened to recording",
    ),
    "no-fence-in-recovery": (
        drive_with({}, initial="settling"),
        "on was sent before the command before it was answered, fenced or quarantined",
        "it went from fencing by fenced to settling",
    ),
    "no-settle-from-the-model": (
        drive_with({("fencing", "fenced"): "opening"}),
        "was declared off while its power was on",
        "it went from fencing by fenced to settling",
    ),
}
"""By trace: the spec in which it was found, what it breaks, what the code does instead with the spec as it is."""

GOOD = sorted({path.stem for path in TRACES.glob("*.txt")} - set(COUNTEREXAMPLES))


def events(verdict: Verdict, name: str) -> list[dict[str, Any]]:
    return [event for event in verdict.log if event["event"] == name]


def powers(verdict: Verdict) -> list[str]:
    return [event["to"] for event in events(verdict, "power")]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_run_is_followed_to_its_end_and_breaks_nothing(name: str) -> None:
    verdict = rehearse(trace(name), load())
    assert verdict.departure is None
    assert verdict.followed == len(verdict.trace)
    assert verdict.broken == ()
    assert verdict.misreadings == ()
    assert not verdict.confirmed


@pytest.mark.parametrize("name", COUNTEREXAMPLES)
def test_a_counterexample_is_real_with_the_spec_in_which_it_was_found(name: str) -> None:
    spec, broken, _ = COUNTEREXAMPLES[name]
    verdict = rehearse(trace(name), spec)
    assert verdict.departure is None
    assert verdict.followed == len(verdict.trace)
    assert any(broken in each for each in verdict.broken), verdict.broken
    assert verdict.confirmed


@pytest.mark.parametrize("name", COUNTEREXAMPLES)
def test_with_the_spec_as_it_is_the_same_schedule_breaks_nothing(name: str) -> None:
    _, _, told = COUNTEREXAMPLES[name]
    verdict = rehearse(trace(name), load())
    assert verdict.departure is not None
    assert verdict.departure.number
    assert told in str(verdict.departure)
    assert verdict.broken == ()
    assert not verdict.confirmed
    assert verdict.journal[-1].event == "confirmed"


@pytest.mark.parametrize("name", ["no-fence", "verify-before-close", "recorded-after-sending"])
def test_the_late_on_still_arrives_and_finds_its_session_closed(name: str) -> None:
    verdict = rehearse(trace(name), load())
    dropped = events(verdict, "dropped")[-1]
    declared = verdict.journal[-1]
    assert declared.event == "confirmed"
    assert dropped["reason"] == "no-session"
    assert dropped["t"] > declared.at
    assert powers(verdict) == []


def test_what_the_bmc_had_latched_acts_while_the_drive_settles() -> None:
    verdict = rehearse(trace("no-settle"), load())
    on, off = events(verdict, "power")
    commanded = [event for event in events(verdict, "command") if event["command"] == "off"]
    assert (on["to"], off["to"]) == ("on", "off")
    assert on["t"] < commanded[0]["t"] < off["t"]


def test_quarantine_is_waited_out_for_as_long_as_a_datagram_and_then_its_session_can_live() -> None:
    verdict = rehearse(trace("fence-not-awaited"), load())
    timings = load().timings
    told = [entry for entry in verdict.journal if entry.event in ("fence-unanswered", "quarantine-over")]
    began, ended = (
        next(e.at for e in told if e.event == event) for event in ("fence-unanswered", "quarantine-over")
    )
    # It is counted from the close that was not answered, which is `fence` seconds earlier at most.
    lasted = timings["packet-lifetime"] + timings["idle-limit"] + timings["margin"] - timings["fence"]
    assert ended - began >= lasted - 0.1
    assert powers(verdict) == []


def test_a_command_in_a_session_that_is_not_on_record_is_seen_when_it_leaves() -> None:
    spec, _, _ = COUNTEREXAMPLES["recorded-after-sending"]
    verdict = rehearse(trace("recorded-after-sending"), spec)
    assert "n1 on was sent in a session that is not on record" in verdict.broken[0]


def test_a_copy_acts_again_while_its_session_is_open() -> None:
    text = str(trace("on-off"))
    twice = text.replace("@1 deliver on 1\n@1 latch on\n", "@1 copy on 1\n" + 2 * "@1 deliver on 1\n@1 latch on\n")
    verdict = rehearse(parse(twice), load())
    assert verdict.departure is None
    assert [event["command"] for event in events(verdict, "command")] == ["on", "on", "off"]
    assert powers(verdict) == ["on", "off"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("@1 start on", "@1 start off", "the action of off starts; n1 is in state powering-on"),
        ("@1 record 1", "@1 sample off", "is about to put on record session 1"),
        ("@1 send on 1", "@1 send off 1", "off is sent in session 1"),
        ("@1 latch on", "@1 ignore 1", "the BMC drops on, for session 1 is closed; it has taken it"),
        ("@1 answered 1", "@1 closed 1", "the action gets the answer to its close"),
        ("@1 act on", "@1 act off", "the BMC acts, and the power is off; what it has accepted is on"),
        ("@1 deliver close 1", "@1 lose close 1", "the action gets the answer to its close; no such answer"),
        ("@1 close 1", "@1 cancel", "the action in play is told to cancel"),
        ("@1 read off", "@1 sweep-read off", "the sweep gets its reading; none is under way"),
        ("@1 copy on 1", "@1 copy off 1", "off 1 is copied; nothing of the kind was ever sent"),
        (
            "@1 node powering-on confirmed on",
            "@1 node powering-on gave-up error",
            "n1 goes from powering-on by gave-up to error",
        ),
        (
            "@1 drive reading read-goal closing",
            "@1 drive reading read-goal done",
            "goes from reading by read-goal to done; it went from reading by read-goal to closing",
        ),
    ],
)
def test_where_the_model_says_otherwise_the_departure_tells_what_the_code_does(
    before: str, after: str, told: str
) -> None:
    text = str(trace("late-copy"))
    assert before in text
    verdict = rehearse(parse(text.replace(f"{before}\n", f"{after}\n", 1)), load())
    assert verdict.departure is not None
    assert told in str(verdict.departure)
    assert verdict.departure.number >= text[: text.index(before)].count("\n")
    assert verdict.broken == ()


def test_a_line_that_the_code_never_gets_to_is_told_at_the_end() -> None:
    extra = "@1 drive fencing fenced settling\n"
    verdict = rehearse(parse(f"{trace('superseded')}{extra}"), load())
    assert verdict.departure is not None
    assert verdict.departure.line == extra.strip()
    assert "n1 is in state off" in verdict.departure.happened


def test_steps_may_be_told_before_what_caused_them() -> None:
    lines = str(trace("superseded")).splitlines()
    swapped = list(lines)
    for number, line in enumerate(lines):
        # Each step of a machine goes before the line by which it came about, where that is one of the same node.
        if " drive " in line and line.split()[3] in ("opened", "recorded", "read-other", "read-goal"):
            swapped[number - 1], swapped[number] = swapped[number], swapped[number - 1]
    assert swapped != lines
    verdict = rehearse(parse("\n".join(swapped)), load())
    assert verdict.departure is None
    assert verdict.broken == ()


def test_a_bmc_that_has_to_say_another_power_than_it_has_is_told() -> None:
    text = str(trace("on-off"))
    wrong = text.replace("@1 act on\n@1 sample on", "@1 sample on", 1)
    wrong = wrong.replace("@1 node powering-on confirmed on\n", "@1 act on\n@1 node powering-on confirmed on\n", 1)
    verdict = rehearse(parse(wrong), load())
    readings = [each for each in parse(wrong) if isinstance(each, Sample)]
    assert verdict.departure is None
    assert verdict.misreadings == (readings[2].line,)
    assert f"lines {readings[2].line}." in str(verdict)


def test_the_ranking_table_of_the_node_decides_who_outranks_whom() -> None:
    text = "@1 request off\n@1 node unknown request powering-off\n"
    text += "@1 request on\n@1 node powering-off request cancelling\n"
    latest = rehearse(parse(text), load(), policy=Policy(ranking="latest-wins"))
    stock = rehearse(parse(text), load())
    assert latest.departure is None
    assert stock.departure is not None
    assert "it went from powering-off by request to powering-off" in str(stock.departure)
    for verdict in (latest, stock):
        assert verdict.broken == ()
        assert powers(verdict) == ["on"]


def test_the_same_seed_gives_the_same_log_and_journal() -> None:
    first, second = (rehearse(trace("crash"), load(), seed=5) for _ in range(2))
    assert first.log == second.log
    assert first.journal == second.journal
    other = rehearse(trace("crash"), load(), seed=6)
    assert other.log != first.log
    assert other.departure is None


def test_the_verdict_is_told_in_sentences() -> None:
    spec, _, _ = COUNTEREXAMPLES["no-settle"]
    real = str(rehearse(trace("no-settle"), spec))
    assert real.startswith("The real code followed 42 of 42 lines.\n")
    assert "it broke what is promised:\n  0.0042 n1 went on, by command, after it was declared off" in real
    spared = str(rehearse(trace("no-settle"), load()))
    assert "It departs at line 6 (@1 drive fencing fenced opening): the model says that" in spared
    assert spared.endswith("it broke nothing that is promised.")


def test_a_rehearsal_says_nothing_on_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    rehearse(trace("quarantine"), load())
    assert capsys.readouterr() == ("", "")


def test_every_verb_is_rehearsed_but_that_of_a_defect() -> None:
    told = {
        happening.verb for path in TRACES.glob("*.txt") for happening in parse(path.read_text(encoding="utf-8"))
    }
    assert told == {
        *("request", "answer", "node", "start", "cancel", "drive", "open", "record", "send", "close", "deliver"),
        *("copy", "lose", "latch", "act", "ignore", "refuse", "answered", "closed", "sample", "read"),
        *("sweep-sample", "sweep-read", "idle", "button", "reboot", "restore", "crash", "broken", "witness"),
    }
