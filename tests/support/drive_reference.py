"""A second opinion on the machine `drive`: what comes next in the protocol, worked out from its rules.

Nothing here is read from `spec/power.yaml` or shared with the drive: what was sent, accepted and refused is kept
here once more, from what the phases tell.
"""

from dataclasses import dataclass

LINE = ("fencing", "settling", "opening", "recording", "checking")
"""Every attempt begins so, each step only when the one before it is over."""

STEPS = {"fenced": "fencing", "settled": "settling", "opened": "opening", "recorded": "recording"}
"""How each of them ends, where it goes well."""

OUT = {"giving-up": "failed", "withdrawing": "withdrawn"}
"""The ways out, and where they lead."""


@dataclass
class Told:
    """What comes with an event: the clock, and what went wrong."""

    at: float
    transient: bool = True
    unsupported: bool = False


@dataclass
class DriveReference:
    """One walk.

    Attributes:
        ask: What the operation was asked for: `on`, `off`, `soft-off` or `reset`.
        patience: Seconds for which readings may contradict a command before it is sent again.
        soft_patience: Seconds that the operating system gets for a soft-off.
        phase: Where it is.
        command: What is to be sent.
        spent: A reset may have been sent.
        accepted: The BMC has said that it accepted a command.
        since: Since when what was commanded is awaited, or None.
    """

    ask: str
    patience: float
    soft_patience: float
    phase: str = "fencing"
    command: str = ""
    spent: bool = False
    accepted: bool = False
    since: float | None = None

    def __post_init__(self) -> None:
        self.command = self.ask

    @property
    def situation(self) -> str:
        """What decides about all that can follow, but for the clock."""
        flags = [name for name in ("spent", "accepted") if getattr(self, name)]
        awaiting = [] if self.since is None else ["awaiting"]
        return " ".join([self.ask, self.phase, self.command, *flags, *awaiting])

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return self.phase in ("done", *OUT.values())

    def after(self, event: str, told: Told) -> tuple[str, list[str]]:
        """Go where an event leads; gives the phase and the effects, sorted."""
        self.phase, effects = self._next(event, told)
        for effect in effects:
            self._suffer(effect)
        if self.phase == "commanding" and self.command == "soft-off" and self.since is None:
            self.since = told.at
        return self.phase, sorted(effects)

    def _next(self, event: str, told: Told) -> tuple[str, list[str]]:
        if self.phase in OUT:
            return (OUT[self.phase] if event == "left" else self.phase), []
        match event:
            case "broken-off":
                return "withdrawing", []
            case "expired":
                # What was read stands, whether or not the session is closed in time.
                return ("done" if self.phase == "closing" else "giving-up"), []
            case "failure" if self.phase != "closing":
                return self._fail(told), []
            case _ if STEPS.get(event) == self.phase:
                return LINE[LINE.index(self.phase) + 1], []
            case "fence-unanswered":
                return "quarantined", ["tell-quarantined"]
            case "quarantine-over":
                return "settling", ["forget-sessions", "tell-released"]
            case "rested":
                return "fencing", []
            case "closed" | "failure":
                return "done", []
            case "marked":
                self.spent = True
                return "commanding", []
            case "read-goal" | "read-other":
                return self._read(event == "read-goal", told.at)
            case _:
                return self._commanded(event, told)

    def _fail(self, told: Told) -> str:
        return "resting" if told.transient else "giving-up"

    def _read(self, goal: bool, at: float) -> tuple[str, list[str]]:
        first = self.phase == "checking"
        if self.command == "reset" and first and not self.spent:
            # Where nothing runs, nothing can be reset: an on does it, and can be repeated.
            return ("marking", []) if goal else ("commanding", ["start-instead"])
        if self.command == "reset" and first:
            return ("closing" if goal and self.accepted else "giving-up"), []
        if goal:
            return "closing", []
        soft = self.command == "soft-off"
        if self.since is None or at - self.since < (self.soft_patience if soft else self.patience):
            return ("commanding" if first else "reading"), []
        if self.command == "reset":
            return "giving-up", []
        return "commanding", (["escalate"] if soft else [])

    def _commanded(self, event: str, told: Told) -> tuple[str, list[str]]:
        soft = self.command == "soft-off"
        match event:
            case "answered":
                if not soft:
                    self.since = told.at
                return "reading", ["accept"]
            case "refused" if soft and told.unsupported:
                return "commanding", ["escalate"]
            case "refused":
                return self._fail(told), (["acquit"] if told.transient else [])
            case "unanswered":
                # It may have acted, or act yet: from the beginning.
                return "fencing", []
            case _:
                raise AssertionError(f"{event} in {self.phase} cannot be")

    def _suffer(self, effect: str) -> None:
        match effect:
            case "escalate":
                self.command, self.since = "off", None
            case "start-instead":
                self.command = "on"
            case "accept":
                self.accepted = True
            case "acquit":
                self.spent = False
