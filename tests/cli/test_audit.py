"""`powerfsm audit`: what it prints, and how it ends."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from command_line import Run
from recorded import story, write_database, write_export


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return write_database(tmp_path / "fleet.db", story())


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_export(tmp_path / "journal.jsonl", story().journal)


def _spoil(database: Path) -> int:
    """Say of a node that its action has failed, which had not; gives the number of the entry."""
    (seq, *_) = [entry.seq for entry in story().journal if entry.event == "confirmed"]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TRIGGER journal_refuses_update")
        connection.execute(f"UPDATE journal SET after = 'error' WHERE seq = {seq}")
    return seq


def test_a_database_that_is_possible_is_summed_up_in_a_line(run: Run, database: Path) -> None:
    ran = run("audit", str(database))
    assert (ran.code, ran.err) == (0, "")
    first, *others = ran.out.splitlines()
    assert first.startswith(
        f"{len(story().journal)} entries, 2 nodes, 8 operations, 2 starts: all of it possible ("
    )
    assert first.endswith(" entries/s)")
    assert others == [
        "  allowed for: 1 action, 1 command, 1 session whose end is not on record, for the daemon ended first"
    ]


@pytest.mark.parametrize("where", ["file", "standard input", "url"])
def test_an_export_is_possible_wherever_it_comes_from(run: Run, export: Path, database: Path, where: str) -> None:
    match where:
        case "file":
            ran = run("audit", str(export))
        case "url":
            ran = run("audit", f"sqlite:///{database}")
        case _:
            ran = run("audit", "-", stdin=export.read_text("utf-8"))
    assert ran.code == 0, ran
    assert "all of it possible" in ran.out


def test_the_first_impossible_step_is_shown_with_its_context(run: Run, database: Path) -> None:
    seq = _spoil(database)
    ran = run("audit", str(database))
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0] == f"impossible: entry {seq} of n1 (step)"
    assert lines[2] == "  found:    confirmed leads from powering-on to error"
    assert lines[3] == "  possible: confirmed -> on, with operation 1 (reset, leg 1) in play"
    assert len([line for line in lines if " n1 " in line]) == 11
    (marked,) = [line for line in lines if line.startswith("  > ")]
    assert marked.startswith(f"  > {seq} ")
    assert f"stopped at entry {seq}, which is impossible" in ran.out


def test_all_goes_on_behind_the_first(run: Run, database: Path) -> None:
    _spoil(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE node SET state = 'off' WHERE name = 'n2'")
    ran = run("audit", str(database), "--all")
    assert ran.code == 1
    assert ran.out.count("impossible: ") == 2
    assert "table node, node: state is 'off'" in ran.out


def test_json_has_everything_for_other_programs(run: Run, database: Path) -> None:
    told = json.loads(run("audit", str(database), "--json").out)
    assert (told["possible"], told["findings"]) == (True, [])
    assert (told["entries"], told["first"], told["last"]) == (161, 1, 161)
    assert told["allowed"]["actions"] == 1
    seq = _spoil(database)
    ran = run("audit", str(database), "--json")
    assert ran.code == 1
    (finding,) = json.loads(ran.out)["findings"]
    assert (finding["check"], finding["seq"], finding["node"]) == ("step", seq, "n1")
    assert finding["context"][-1]["seq"] == seq


def test_half_an_export_says_that_it_is_half(run: Run, export: Path) -> None:
    half = "".join(export.read_text("utf-8").splitlines(keepends=True)[40:])
    ran = run("audit", "-", stdin=half)
    assert ran.code == 0
    assert "it begins with entry 41: 2 nodes taken as they came" in ran.out


def test_one_node_of_many_is_audited(run: Run, database: Path) -> None:
    seq = _spoil(database)
    assert run("audit", str(database), "--node", "n2").code == 0
    assert f"entry {seq} of n1" in run("audit", str(database), "--node", "n[1-2]").out
    ran = run("audit", str(database), "--node", "n[2-3]")
    assert (ran.code, ran.err) == (2, "powerfsm: the journal does not tell of n3\n")


def test_an_export_of_some_nodes_alone_is_not_taken_for_a_journal(run: Run, export: Path) -> None:
    some = [line for line in export.read_text("utf-8").splitlines(keepends=True) if '"n2"' not in line]
    ran = run("audit", "-", stdin="".join(some))
    assert ran.code == 1
    assert "(sequence)" in ran.out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there was no entry on standard input"),
        ("hello\n", "line 1: it is not JSON"),
        ("[]\n", "line 1: it is not an entry of a journal"),
        ('{"seq": "one", "at": 1, "kind": "daemon", "event": "started"}\n', "line 1: its seq is not a number"),
        ('{"seq": 1, "at": "noon", "kind": "daemon", "event": "started"}\n', "line 1: its time is neither"),
    ],
)
def test_what_is_no_export_is_told_with_its_line(run: Run, text: str, told: str) -> None:
    ran = run("audit", "-", stdin=text)
    assert ran.code == 2
    assert told in ran.err
    assert "powerfsm events --after 0 --json" in ran.err


def test_what_cannot_be_read_is_told(run: Run, tmp_path: Path, database: Path) -> None:
    for words, told in (
        ((str(tmp_path / "none.db"),), "No such file"),
        ((str(tmp_path),), "Is a directory"),
        (("postgresql://there",), "is not supported"),
        ((str(database), "--node", "n["), "hostlist"),
        ((str(database), "--spec", str(tmp_path / "none.yaml")), "No such file"),
    ):
        ran = run("audit", *words)
        assert ran.code == 2, ran
        assert told in ran.err, ran


def test_a_journal_under_another_spec_says_so(run: Run, export: Path) -> None:
    digest = json.loads(export.read_text("utf-8").splitlines()[0])["detail"]["spec"]
    ran = run("audit", "-", stdin=export.read_text("utf-8").replace(digest, "0" * 64))
    assert ran.code == 0
    assert "some of it was written under the spec 000000000000" in ran.out
