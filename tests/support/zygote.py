"""A process that has the daemon's modules in memory and forks daemons from itself: `python zygote.py`.

Reads one JSON object a line: `arguments` of `powerfsm`; `output`, the file for all that the daemon prints; `disk`,
by how many seconds a commit is slower than it would be.  Writes the process id of each daemon.  Ends with its
input, and its daemons end with it.

What is left out of a daemon's life is a second of importing; everything else, from reading its
arguments to its end, is the program that a user runs.  A slow disk is put in between because whatever is done too
early, before its commit, would otherwise be ahead by less than anybody can hit.
"""

import ctypes
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import trio

import powerfsm.cli.serving  # noqa: F401  (all that `powerfsm serve` needs)
from powerfsm.cli import main
from powerfsm.store.batch import Batch
from powerfsm.store.store import Store

_PR_SET_PDEATHSIG = 1


def slow_down(seconds: float) -> None:
    """Have every commit take that much longer."""
    commit = Store.commit

    async def commit_slowly(store: Store, batch: Batch) -> None:
        await trio.sleep(seconds)
        await commit(store, batch)

    Store.commit = commit_slowly  # type: ignore[assignment, method-assign]


def be_daemon(arguments: Sequence[str], output: str, disk: float) -> NoReturn:
    """Run `powerfsm` in this process, which is a new one."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        if disk:
            slow_down(disk)
        sys.argv = ["powerfsm", *arguments]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Fork daemons until the input ends."""
    # Nobody here waits for them, so the kernel is to forget them when they end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            be_daemon(wanted["arguments"], wanted["output"], wanted["disk"])
        print(pid, flush=True)


if __name__ == "__main__":
    print("ready", flush=True)
    serve()
