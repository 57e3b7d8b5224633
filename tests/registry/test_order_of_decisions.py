"""In which order the writer decides: what has happened comes before what is asked, each in its own order."""

from collections.abc import Callable

import pytest
import trio
import trio.testing

from powerfsm.operation import Operation
from powerfsm.registry import writer
from powerfsm.registry.draft import Draft
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.writer import Submission, Writer
from powerfsm.store.batch import Batch, Snapshot


class Slow:
    """A store whose commits wait to be let go, one by one."""

    def __init__(self) -> None:
        self.begun = trio.Event()
        self.go = trio.Event()

    async def commit(self, batch: Batch) -> None:
        self.begun.set()
        await self.go.wait()


async def test_what_an_action_reports_is_not_kept_waiting_by_a_storm_of_requests(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_IN_ONE_COMMIT", 2)
    store, order = Slow(), list[str]()

    def deciding(name: str) -> Callable[[Draft], list[Operation]]:
        def decide(_: Draft) -> list[Operation]:
            order.append(name)
            return []

        return decide

    decides = Writer(Fleet(Snapshot([], [], [], 0, 0)), store, trio.current_time)
    decides.submit(Submission(deciding("first request"), lasting=False))
    nursery.start_soon(decides.run, lambda _: None, lambda: False)
    await store.begun.wait()
    for number in range(6):
        decides.submit(Submission(deciding(f"request {number}"), lasting=False))
    reports = [decides.submit(Submission(deciding(f"report {number}"), lasting=True)) for number in range(3)]
    store.go.set()
    for report in reports:
        await report.answered()
    await trio.testing.wait_all_tasks_blocked()
    assert order == [
        "first request",
        *(f"report {number}" for number in range(3)),
        *(f"request {number}" for number in range(6)),
    ]
    nursery.cancel_scope.cancel()
