"""`powerfsm diagram`: of one state, and with what a node did, from wherever its journal is."""

import sqlite3
from pathlib import Path

import pytest
import trio

from a_journal import BEGAN, NODE, OPERATION, as_database, as_lines, entries
from command_line import PATIENCE, Run, Start, run_here
from powerfsm.store.batch import Batch
from powerfsm.store.store import open_store


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A daemon's database."""
    return as_database(tmp_path / "fleet.db")


def test_one_state_is_drawn_with_what_is_next_to_it(run: Run) -> None:
    ran = run("diagram", "--state", "cancelling", "--format", "mermaid")
    assert ran.code == 0
    assert "powering_on_ --> cancelling_ : request [outranks]<br/>/ persist-desired" in ran.out
    assert "error" not in ran.out


def test_an_unknown_state_is_told_with_those_there_are(run: Run) -> None:
    ran = run("diagram", "--state", "asleep")
    assert (ran.code, ran.out) == (2, "")
    assert "no state 'asleep'; choose one of unknown, ready," in ran.err


def test_a_database_and_its_export_give_the_same_picture(run: Run, database: Path, tmp_path: Path) -> None:
    lines = as_lines(tmp_path / "journal.json")
    for options in ([], ["--machine", "drive"], ["--state", "off"], ["--format", "svg"], ["--format", "table"]):
        by_database = run("diagram", "--journal", str(database), "--node", NODE, *options)
        by_lines = run("diagram", "--journal", str(lines), "--node", NODE, *options)
        by_pipe = run("diagram", "--journal", "-", "--node", NODE, *options, stdin=lines.read_text("utf-8"))
        assert (by_database.code, by_database.err) == (0, "")
        assert by_database == by_lines == by_pipe
        assert "step" in by_database.out


def test_a_database_is_left_as_it_is(run: Run, database: Path) -> None:
    database.chmod(0o400)
    before = database.read_bytes()
    assert run("diagram", "--journal", str(database), "--node", NODE).code == 0
    assert database.read_bytes() == before


async def test_the_database_of_a_daemon_that_runs_can_be_read_while_it_writes(tmp_path: Path) -> None:
    async with open_store(tmp_path / "live.db") as store:
        *most, last = entries()
        await store.commit(Batch(journal=most))
        ran = await trio.to_thread.run_sync(run_here, "diagram", "--journal", str(store.path), "--node", NODE)
        assert ran.code == 0, ran
        await store.commit(Batch(journal=[last]))
        assert len(await store.journal()) == last.seq


def steps(out: str) -> list[str]:
    """The events of the steps of a table."""
    rows = [line.split(" | ") for line in out.splitlines() if line.startswith("| ")]
    return [row[5].strip("`") for row in rows[2:]]


def test_the_path_is_bounded_by_operation_by_time_by_entry_and_by_number(run: Run, database: Path) -> None:
    def events(*options: str) -> list[str]:
        ran = run("diagram", "--journal", str(database), "--node", NODE, "--format", "table", *options)
        assert ran.code == 0, ran
        return steps(ran.out)

    everything = events()
    assert len(everything) == 10
    assert events("--last", "3") == everything[-3:] == ["recover", "confirmed", "request"]
    assert events("--since", "17") == everything[-3:]
    assert BEGAN == 1_795_000_000
    for when in ("2026-11-18T11:06:56Z", "2026-11-18 11:06:56", "2026-11-18T12:06:56+01:00"):
        assert events("--since", when) == everything[-3:], when
    assert events("--operation", "19") == ["request"]
    drive = events("--machine", "drive", "--operation", str(OPERATION))
    assert drive == ["fenced", "settled", "failure", "rested", "fenced", "broken-off", "left"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--journal", "fleet.db"), "--journal and --node belong together"),
        (("--node", NODE), "--journal and --node belong together"),
        (("--last", "3"), "it needs --journal and --node"),
        (("--since", "3"), "it needs --journal and --node"),
        (("--operation", "3"), "it needs --journal and --node"),
        (("--journal", "none.db", "--node", NODE), "No such file or directory; give a database or what"),
        (("--journal", "..", "--node", NODE), "Is a directory; give a database or what"),
        (("--journal", "fleet.db", "--node", "r9"), "no entry of a node 'r9'"),
        (("--journal", "fleet.db", "--node", NODE, "--since", "noon"), "a time such as 2026-05-17T08:30:00Z"),
        (
            ("--journal", "fleet.db", "--node", NODE, "--since", "999"),
            "no step of r1n01 in the machine node since",
        ),
        (("--journal", "fleet.db", "--node", NODE, "--operation", "9"), "machine node for operation 9;"),
        (("--journal", "fleet.db", "--node", NODE, "--last", "0"), "--last"),
        (("--journal", "other.db", "--node", NODE), "is a database of some other program"),
        (("--journal", "bytes", "--node", NODE), "bytes, line 1: it is not JSON"),
        (("--journal", "text", "--node", NODE), "text, line 2: it is not an entry of a journal"),
        (
            ("--journal", "kind", "--node", NODE),
            "entry 1 of the journal cannot be: Input should be 'transition', 'phase'",
        ),
        (("--journal", "late", "--node", NODE), "entry 1 of the journal has no time that a calendar knows"),
        (("--journal", "torn.db", "--node", NODE), "torn.db is damaged"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    run: Run, database: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(database.parent)
    sqlite3.connect("other.db").executescript("CREATE TABLE others (name)").connection.close()
    Path("bytes").write_bytes(b"\xff\xfe\x00" * 9)
    entry = '{"seq": 1, "at": "2026-01-01T00:00:00Z", "kind": "daemon", "node": null, "event": "started"'
    entry += ', "operation": null, "generation": null, "before": null, "after": null, "detail": {}}\n'
    Path("text").write_text(f"{entry}{{}}\n", "utf-8")
    Path("kind").write_text(entry.replace("daemon", "gossip").replace('"node": null', '"node": "r1n01"'), "utf-8")
    Path("late").write_text(
        '{"seq": 1, "at": 1e300, "kind": "phase", "node": "r1n01", "event": "fenced"}', "utf-8"
    )
    Path("torn.db").write_bytes(database.read_bytes()[:9000])
    ran = run("diagram", *options)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err.replace("\n", " "), ran.err


def test_states_are_completed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def proposed(line: str) -> list[str]:
        monkeypatch.setenv("_POWERFSM_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        out, err = start().communicate(timeout=PATIENCE)
        assert err == ""
        return out.split()

    assert proposed("powerfsm diagram --state powering") == ["powering-on", "powering-off"]
    assert proposed("powerfsm diagram --machine drive --state re") == ["recording", "reading", "resting"]
