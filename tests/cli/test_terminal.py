"""On a terminal: a bar while one waits, colours, and tables that fit; and pipes that are closed early."""

import os
import pty
import subprocess
import termios
from collections.abc import Callable

import pytest

from command_line import PATIENCE, Run, Start
from scripted_daemon import Fate, ScriptedDaemon

Show = Callable[..., str]


@pytest.fixture
def show(start: Start, monkeypatch: pytest.MonkeyPatch) -> Show:
    """Run a command on a terminal of so many columns; gives all that it has written there."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def showing(*words: str, columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        ours, theirs = pty.openpty()
        try:
            termios.tcsetwinsize(theirs, (40, columns))
            process = start(*words, stdout=theirs, stderr=theirs)
        finally:
            os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:
            pass  # Linux says so when the last one has closed the other side.
        finally:
            os.close(ours)
        process.wait(PATIENCE)
        return written.decode()

    return showing


def test_a_bar_counts_what_has_ended(daemon: ScriptedDaemon, show: Show) -> None:
    daemon.fates = {"r1n02": Fate("failed", "it is broken")}
    shown = show("on", "r1n[01-40]", "--wait")
    assert "powering on" in shown
    assert "40/40" in shown
    assert "1 did not succeed" in shown
    assert shown.rstrip().endswith("it is broken")


def test_states_have_colours_unless_they_are_not_wanted(
    daemon: ScriptedDaemon, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.fleet("r1n01", "on")
    assert "\x1b[32mon:" in show("status")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in show("status")
    assert "\x1b[32m" not in show("status", "--long")


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize(
    "words",
    [("status", "--long"), ("operations",), ("nodes", "list", "r1n[01-03]")],
    ids=" ".join,
)
def test_a_table_fits_and_nothing_of_it_is_cut_off(
    daemon: ScriptedDaemon, show: Show, run: Run, words: tuple[str, ...], columns: int
) -> None:
    reason = "no answer from the BMC 10.0.1.2:623 in 3 attempts (60 s): check its cable"
    daemon.fleet("r1n02", "error", trouble=reason)
    daemon.nodes["r1n02"]["policy"] |= {"ranking": "latest-wins", "timings": {"settle": 4, "deadline": 120}}
    daemon.power({"requests": [{"nodes": "r1n[01-03]", "ask": "on"}]}, None)
    daemon.operations[2] |= {"status": "failed", "reason": reason}
    shown = show(*words, columns=columns)
    lines = [_plain(line) for line in shown.splitlines()]
    assert max(map(len, lines)) <= columns
    assert "…" not in shown
    letters = sorted(letter for letter in "".join(lines) if letter.isalnum())
    assert letters == sorted(letter for letter in run(*words).out if letter.isalnum())


def test_elsewhere_lines_are_neither_broken_nor_coloured(daemon: ScriptedDaemon, start: Start) -> None:
    reason = "word " * 60
    daemon.fleet("r1n02", "error", trouble=reason.strip())
    out, _ = start("status").communicate(timeout=PATIENCE)
    assert reason.strip() in out
    assert "\x1b" not in out


def test_a_pipe_that_is_closed_early_is_no_mistake_of_ours(daemon: ScriptedDaemon, start: Start) -> None:
    daemon.fleet("n[1-20000]", "on")
    status = start("status", "--long", stderr=subprocess.PIPE)
    assert status.stdout is not None
    assert status.stderr is not None
    assert status.stdout.readline().startswith("NODE")
    status.stdout.close()
    assert "Traceback" not in status.stderr.read()
    assert status.wait(PATIENCE) != 0


def _plain(line: str) -> str:
    """A line without what steers the terminal."""
    plain, _, rest = line.partition("\x1b[")
    while rest:
        _, _, rest = rest.partition("m")
        text, _, rest = rest.partition("\x1b[")
        plain += text
    return plain


@pytest.mark.slow
def test_a_bar_counts_the_seeds_of_a_campaign(show: Show) -> None:
    shown = show("simulate", "--seeds", "1..2", "--nodes", "1", "--hours", "0.005", "--jobs", "1", columns=100)
    assert "1 of 2 seeds, 0 failed" in shown
    assert " a minute, " in shown
    assert "\x1b[32mholds" in shown


def test_a_bar_shows_how_far_virtual_time_has_come(show: Show) -> None:
    shown = show("simulate", "--nodes", "1", "--hours", "0.005", columns=100)
    assert "swarm, seed 1" in shown
    assert "virtual time 0:0" in shown
