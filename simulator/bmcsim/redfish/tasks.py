"""Resets that are answered before they have come true (DSP0266, 12.2 Asynchronous operations).

A task ends when the machine has really done what was asked, whoever made it so; one that waits for too long
has failed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from bmcsim.agenda import Agenda
from bmcsim.machine import Change, Power
from bmcsim.redfish.messages import Message
from bmcsim.redfish.resets import AIMS, GOALS, ResetType


class TaskState(StrEnum):
    """Where a task is (DSP0268, Task)."""

    RUNNING = "Running"
    COMPLETED = "Completed"
    EXCEPTION = "Exception"


@dataclass(slots=True, eq=False)
class Task:
    """One task.

    Attributes:
        number: Counted from 1.
        reset: What was asked for.
        target: The path that it was asked at.
        started: When.
        ended: When it ended, or None.
        state: Where it is.
        stuck: It never ends, whatever the machine does.
        messages: What there is to say about it.
    """

    number: int
    reset: ResetType
    target: str
    started: float
    ended: float | None = None
    state: TaskState = TaskState.RUNNING
    stuck: bool = False
    messages: list[Message] = field(default_factory=list)

    def end(self, state: TaskState, message: Message, now: float) -> None:
        """End it, unless it has ended already or never does."""
        if self.state is TaskState.RUNNING and not self.stuck:
            self.state = state
            self.ended = now
            self.messages.append(message)

    def stick(self) -> None:
        """Have it run for ever, even where it has ended."""
        self.stuck = True
        self.state = TaskState.RUNNING
        self.ended = None
        self.messages.clear()


class Tasks:
    """The tasks that a BMC remembers."""

    __slots__ = ("_agenda", "_begun", "_kept", "_limit", "_most")

    def __init__(self, most: int, limit: float, agenda: Agenda) -> None:
        """Start with none of at most `most`; one fails after `limit` seconds."""
        self._most = most
        self._limit = limit
        self._agenda = agenda
        self._kept: dict[int, Task] = {}
        self._begun = 0

    def __iter__(self) -> Iterator[Task]:
        """Iterate over them, oldest first."""
        return iter(list(self._kept.values()))

    def get(self, task_id: str) -> Task | None:
        """Return the task with this Id."""
        return self._kept.get(int(task_id)) if task_id.isascii() and task_id.isdigit() else None

    def begin(self, reset: ResetType, target: str, power: Power, now: float) -> Task:
        """Begin one, for a machine whose power is `power` now."""
        while len(self._kept) >= self._most:
            ended = (number for number, task in self._kept.items() if task.state is not TaskState.RUNNING)
            del self._kept[next(ended, next(iter(self._kept)))]
        self._begun += 1
        task = self._kept[self._begun] = Task(self._begun, reset, target, now)
        if AIMS.get(reset) is power:
            task.end(TaskState.COMPLETED, Message("Success"), now)
        else:
            self._agenda.at(now + self._limit, _given_up(task))
        return task

    def changed(self, change: Change) -> None:
        """Let those end that waited for what has happened to the machine."""
        for task in self:
            if change.to in GOALS[task.reset]:
                task.end(TaskState.COMPLETED, Message("Success"), change.at)

    def forget(self) -> None:
        """Forget all of them: the BMC has started anew."""
        self._kept.clear()


def _given_up(task: Task) -> Callable[[float], None]:
    return lambda now: task.end(TaskState.EXCEPTION, Message("OperationTimeout"), now)
