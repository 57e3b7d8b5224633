"""Waiting until operations have ended, and saying how it ended: shared by `powerfsm on --wait` and its likes.

An operation is durable: whatever ends the wait (a time-out, Ctrl-C, a daemon that stays away), the work goes
on, and we say how to see it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import trio

from powerfsm.cli.exits import Exit
from powerfsm.cli.outcome import folded_ids, lines_of
from powerfsm.cli.progress import watcher
from powerfsm.cli.screen import complain, remark, say_json, say_lines
from powerfsm.cli.talk import Target, tell
from powerfsm.client import Client, ClientError, Operation
from powerfsm.client.answers import as_json
from powerfsm.operation import Status


@dataclass(slots=True)
class Wait:
    """A wait for operations, and what has come of it.

    Attributes:
        operations: Each by its id, as it was last seen.
        timed_out: The time was up before all had ended.
        interrupted: Ctrl-C ended the wait.
        error: The daemon stayed away, or refused, which ended the wait.
    """

    operations: dict[int, Operation]
    timed_out: bool = False
    interrupted: bool = False
    error: ClientError | None = field(default=None)

    @property
    def pending(self) -> list[int]:
        """The ids of those that have not ended, as far as we know."""
        return sorted(one.id for one in self.operations.values() if not one.status.ended)


async def wait_for(client: Client, operations: Iterable[Operation], *, what: str, within: float | None) -> Wait:
    """Wait for operations, showing how far it has come.

    Args:
        client: Whom to ask.
        operations: What to wait for.
        what: What is being done, for the progress bar.
        within: Seconds, or None: as long as it takes.
    """
    wait = Wait({operation.id: operation for operation in operations})
    with watcher(what, len(wait.operations)) as watching:
        silent = False

        def on_silence(error: ClientError) -> None:
            nonlocal silent
            if not silent:
                watching.note(f"{error}; what was accepted is durable, so this goes on waiting for it")
            silent = True

        try:
            with trio.move_on_after(float("inf") if within is None else within) as scope:
                ends = client.as_they_end(wait.operations.values(), on_silence=on_silence)
                async for operation in ends:
                    silent = False
                    wait.operations[operation.id] = operation
                    watching.ended(operation)
            wait.timed_out = scope.cancelled_caught
        except KeyboardInterrupt:
            wait.interrupted = True
        except ClientError as error:
            wait.error = error
    return wait


def tell_end(wait: Wait, target: Target, *, within: float | None, json: bool) -> Exit:
    """Say how a wait ended: the answer, and where work is left over, how to see it."""
    operations = list(wait.operations.values())
    if json:
        say_json(as_json({"operations": operations, "pending": wait.pending}))
    else:
        say_lines(lines_of(operations))
    if wait.pending:
        again = target.command("operations", folded_ids(wait.pending), "--wait")
        number = f"{len(wait.pending)} of {len(operations)}"
        if wait.interrupted:
            complain(f"interrupted; the daemon goes on with {number} operations, which are durable.")
        elif wait.timed_out:
            complain(f"{number} operations have not ended in {within:g} s; the daemon goes on with them.")
        elif wait.error:
            complain(f"{number} operations had not ended when the daemon was last heard; they are durable.")
        remark("See how they end:", command=again)
    if wait.error:
        return tell(wait.error)
    if wait.interrupted:
        return Exit.INTERRUPTED
    return exit_of(operations)


def exit_of(operations: Sequence[Operation]) -> Exit:
    """0 if all have succeeded."""
    good = all(operation.status is Status.SUCCEEDED for operation in operations)
    return Exit.OK if good else Exit.NOT_DONE
