"""Chosen tests under chosen mutants of the spec, in one process that forks for each mutant.

Everything is imported and collected once.  A child puts its mutant in the place of the spec that came with the
package (all of the code gets it from `powerfsm.spec.load`), runs its tests in their order, and ends with the first
that fails.  As a program, it reads a plan from standard input as JSON (`{mutant: [test, ...], ...}`; the mutant
named "" is the spec as it is, one that ends in `.yaml` is read from that file; a test is a node id, and without
parameters means all of them) and writes a line of JSON for each: the mutant, what became of it (`killed`,
`survived` or `hung`), and the node id of the test that killed it.
"""

import json
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from powerfsm.spec import Spec

ROOT = Path(__file__).parents[2]
CPU_LIMIT = 20
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


def judge(plan: Plan) -> list[Verdict]:
    """Carry a plan out in a process of its own.

    Raises:
        AssertionError: It could not be carried out; says what pytest says.
    """
    done = subprocess.run(
        [sys.executable, __file__], input=json.dumps(plan), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [Verdict(**json.loads(line)) for line in done.stdout.splitlines()]


class _Forking:
    """Runs the plan in the place of pytest's own loop."""

    def __init__(self, plan: Plan, tell: Callable[[Verdict], None]) -> None:
        self._plan = plan
        self._tell = tell
        self._failed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            for name in {item.nodeid, item.nodeid.partition("[")[0]}:
                items.setdefault(name, []).append(item)
        specs = _specs(self._plan)
        for mutant, tests in self._plan.items():
            self._tell(self._fork(mutant, specs[mutant], [item for test in tests for item in items[test]]))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    def _fork(self, mutant: str, spec: "Callable[[], Spec]", items: Sequence[pytest.Item]) -> Verdict:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            self._be(spec, items, writing)
        os.close(writing)
        with os.fdopen(reading) as told:
            by = told.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return Verdict(mutant, "hung")
        return Verdict(mutant, "killed" if by else "survived", by)

    def _be(self, spec: "Callable[[], Spec]", items: Sequence[pytest.Item], tell: int) -> None:
        """The child: never returns; it writes down the test that failed, and nothing where none did."""
        failing = "the mutant could not be put in the place of the spec"
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
            _quiet(items[0].config)
            _seed()
            _become(spec())
            failing = ""
            for item in items:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if self._failed:
                    failing = item.nodeid
                    break
        finally:
            os.write(tell, failing.encode())
            os._exit(0)


# What the daemon consists of is imported by the tests first: pytest wants to see its plugin, bmcsim, imported.


def _specs(names: Iterable[str]) -> "Mapping[str, Callable[[], Spec]]":
    from powerfsm.model.mutants import mutants, spec_of
    from powerfsm.spec import load

    spec = load()
    made = {each.name: partial(spec_of, each, spec) for each in mutants(spec.file)}
    return {
        name: partial(load, Path(name)) if name.endswith(".yaml") else made[name] if name else load
        for name in names
    }


def _become(spec: "Spec") -> None:
    from powerfsm.spec import machine

    machine._own = lambda: spec  # type: ignore[assignment]  # in the place of a cached function


def _quiet(config: pytest.Config) -> None:
    import structlog

    config.pluginmanager.unregister(name="terminalreporter")
    # Tracebacks of defects are told in colours, at length; here they are expected.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    structlog.reset_defaults = lambda: None
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _seed() -> None:
    """Tasks go on in one order for the rest of this process, so that what kills once kills always."""
    from bmcsim import virtual

    trio_run = virtual.scheduler()
    setattr(trio_run, virtual._SWITCH, True)
    getattr(trio_run, virtual._RANDOM).seed(0)


def run(plan: Plan, tell: Callable[[Verdict], None]) -> int:
    """Run a plan in this process, which pytest must not be running in; gives pytest's exit code."""
    tests = dict.fromkeys(test for tests in plan.values() for test in tests)
    options = ["-q", "-n0", "--tb=no", "--no-header", "--no-summary", "-p", "no:cacheprovider"]
    return pytest.main([*options, f"--rootdir={ROOT}", *tests], plugins=[_Forking(plan, tell)])


def _main() -> int:
    plan: Plan = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w", buffering=1) as verdicts:
        os.dup2(2, 1)
        return run(plan, lambda verdict: print(json.dumps(asdict(verdict)), file=verdicts))


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(_main())
