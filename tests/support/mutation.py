"""Chosen tests under chosen mutants of the spec, in one process that forks for each mutant.

Everything is imported and collected once.  A child puts its mutant in the place of the spec that came with the
package (all of the code gets it from `powerfsm.spec.load`), runs its tests in their order, and ends with the first
that fails.  As a program, it reads a plan from standard input as JSON (`{mutant: [node id, ...], ...}`; the
mutant named "" is the spec as it is) and writes a line of JSON for each: the mutant, what became of it
(`killed`, `survived` or `hung`), and the node id of the test that killed it.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pytest

ROOT = Path(__file__).parents[2]
CPU_LIMIT = 60
"""Seconds of CPU after which a mutant hangs; no test that is meant to kill needs a tenth of it."""

Plan = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant.

    Attributes:
        mutant: Its name; empty for the spec as it is.
        end: `killed` by a test, `survived` them all, or `hung` in one of them.
        by: The node id of the test that killed it.
    """

    mutant: str
    end: Literal["killed", "survived", "hung"]
    by: str = ""


class _Forking:
    """Runs the plan in the place of pytest's own loop."""

    def __init__(self, plan: Plan, tell: Callable[[Verdict], None]) -> None:
        self._plan = plan
        self._tell = tell
        self._failed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        for mutant, tests in self._plan.items():
            self._tell(self._fork(mutant, [items[test] for test in tests]))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    def _fork(self, mutant: str, items: Sequence[pytest.Item]) -> Verdict:
        child = os.fork()
        if child == 0:
            self._be(mutant, items)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return Verdict(mutant, "hung")
        code = os.WEXITSTATUS(status)
        return Verdict(mutant, "survived") if code == 0 else Verdict(mutant, "killed", items[code - 1].nodeid)

    def _be(self, mutant: str, items: Sequence[pytest.Item]) -> None:
        """The child: never returns; its exit code is the number of the test that failed, counted from 1."""
        code = 255
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
            _quiet(items[0].config)
            _seed()
            if mutant:
                _mutate(mutant)
            code = 0
            for number, item in enumerate(items, 1):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if self._failed:
                    code = number
                    break
        finally:
            os._exit(code)


# What the daemon consists of is imported by the tests first: pytest wants to see its plugin, bmcsim, imported.


def _mutate(name: str) -> None:
    from powerfsm.model.mutants import mutants, spec_of
    from powerfsm.spec import load, machine

    spec = load()
    mutated = spec_of(next(each for each in mutants(spec.file) if each.name == name), spec)
    machine._own = lambda: mutated  # type: ignore[assignment]  # in the place of a cached function


def _quiet(config: pytest.Config) -> None:
    config.pluginmanager.unregister(name="terminalreporter")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _seed() -> None:
    """Tasks go on in one order for the rest of this process, so that what kills once kills always."""
    from bmcsim import virtual

    trio_run = virtual.scheduler()
    setattr(trio_run, virtual._SWITCH, True)
    getattr(trio_run, virtual._RANDOM).seed(0)


def run(plan: Plan, tell: Callable[[Verdict], None]) -> None:
    """Run a plan in this process, which pytest must not be running in."""
    tests = dict.fromkeys(test for tests in plan.values() for test in tests)
    options = ["-q", "-n0", "--tb=no", "--no-header", "--no-summary", "-p", "no:cacheprovider"]
    pytest.main([*options, f"--rootdir={ROOT}", *tests], plugins=[_Forking(plan, tell)])


def _main() -> None:
    plan: Plan = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w", buffering=1) as verdicts:
        os.dup2(2, 1)
        run(plan, lambda verdict: print(json.dumps(asdict(verdict)), file=verdicts))


if __name__ == "__main__":
    os.chdir(ROOT)
    _main()
