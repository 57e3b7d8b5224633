"""Ctrl-C: what was accepted goes on, and it says how to see it."""

import signal
import subprocess
import sys

from command_line import PATIENCE, Start
from scripted_daemon import Fate, ScriptedDaemon


def test_ctrl_c_while_waiting_says_that_the_work_goes_on_and_how_to_see_it(
    daemon: ScriptedDaemon, start: Start
) -> None:
    daemon.fates = {"r1n03": Fate(None), "r1n04": Fate(None)}
    waiting = start("on", "r1n[01-04]", "--wait")
    daemon.wait_until_asked("POST", "/v1/operations/wait", {"ids": [3, 4]})
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 130
    assert out.splitlines() == ["succeeded: r1n[01-02]", "not ended: r1n[03-04]"]
    assert "interrupted; the daemon goes on with 2 of 4 operations" in err
    assert "powerfsm operations 3-4 --wait" in err
    assert "Traceback" not in err


def test_ctrl_c_before_the_answer_says_that_it_may_have_been_accepted(
    daemon: ScriptedDaemon, start: Start
) -> None:
    daemon.silent = {"/v1/power"}
    asking = start("off", "r1n[01-04]")
    daemon.wait_until_asked("POST", "/v1/power")
    asking.send_signal(signal.SIGINT)
    out, err = asking.communicate(timeout=PATIENCE)
    assert (asking.returncode, out) == (130, "")
    assert "may have accepted" in err
    assert "powerfsm operations --node 'r1n[01-04]'" in err
    assert "Traceback" not in err


def test_ctrl_c_anywhere_else_is_said_in_a_word(daemon: ScriptedDaemon, start: Start) -> None:
    daemon.silent = {"/v1/nodes"}
    asking = start("status")
    daemon.wait_until_asked("GET", "/v1/nodes")
    asking.send_signal(signal.SIGINT)
    out, err = asking.communicate(timeout=PATIENCE)
    assert (asking.returncode, out, err) == (130, "", "powerfsm: interrupted\n")


IN_A_DESTRUCTOR = """
import time
from powerfsm.cli.interrupting import keep_interrupts

class Struck:
    def __del__(self):
        raise KeyboardInterrupt

keep_interrupts()
try:
    Struck()
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_that_strikes_in_a_destructor_is_not_forgotten() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", IN_A_DESTRUCTOR], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert (ran.stdout, ran.stderr) == ("interrupted\n", "")
