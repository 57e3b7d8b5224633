"""Two daemons on one store: the model checked as designed, and with each part of the design left out.

The model is `spec/environment/two-daemons.pml`, written by hand.  Its knobs and the properties to watch are read
from the environment when the checker starts, so one compilation serves every variant.  What is found stands
in `docs/two-daemons.md`.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

MODEL = Path(__file__).with_name("environment") / "two-daemons.pml"

# In the order of their bits in the model.
PROPERTIES = (
    "one-command-leaves",
    "one-command-accepted",
    "never-against-declared",
    "no-early-success",
    "durable-intent",
    "answered-survives",
    "ends-once",
    "one-session",
    "one-late-datagram",
    "hands-off",
    "room",
)
WITNESSES = MappingProxyType(
    {
        1: "the store refuses a request that a daemon decided which is no longer the owner",
        2: "a BMC accepts a command of an owner that is no more, before its session is closed",
        3: "a BMC ignores a command because its session is closed",
        4: "the store refuses to record a session",
        5: "a node is taken over in the middle of a command",
        6: "the store refuses a declaration",
        7: "the second owner declares",
    }
)
NEVER, PAUSE, FROZEN_CLOCK = 0, 1, 2

_SAFETY = ("-DSAFETY", "-DNOCLAIM")
_LIVENESS = ("-DNFAIR=3",)
_DEPTH = 400_000


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to build it, and what the checker says of it.

    Attributes:
        name: What is left out.
        broken: The properties that have a counterexample; all others hold, exhaustively.
        standstill: From a look at the lease to the send: `NEVER` past the bound; a `PAUSE` of any length;
            `FROZEN_CLOCK`, and the daemon's clock stands still with it.
        knobs: As the model calls them; what is not named is as designed.
    """

    name: str
    broken: tuple[str, ...]
    standstill: int = NEVER
    knobs: Mapping[str, int] = field(default_factory=dict)


_ACT = ("one-command-accepted", "never-against-declared", "no-early-success")
_WIRE = ("one-command-leaves", "one-session")
DESIGN = (
    Variant("as designed", ()),
    Variant("as designed", _WIRE, PAUSE),
    Variant("as designed", (*_WIRE, "one-late-datagram"), FROZEN_CLOCK),
)
LEFT_OUT = (
    Variant("look at the lease", (*_WIRE, "one-late-datagram"), knobs={"CHECK": 0}),
    Variant("time for the send and for drift", _WIRE, knobs={"BAND": 0}),
    Variant("waiting until the lease has run out", (*_WIRE, "one-late-datagram"), knobs={"WAITOUT": 0}),
    Variant("fence by the new owner", (*_ACT, *_WIRE), knobs={"FENCE": 0}),
    Variant("answer to the fence", (*_ACT, "one-command-leaves"), knobs={"ANSWER": 0}),
    Variant("settle", ("never-against-declared", "no-early-success"), knobs={"SETTLE": 0}),
    Variant("record before the first command", (*_ACT, "one-command-leaves"), knobs={"EARLY": 0}),
    Variant("epoch, when a session is recorded", ("one-session",), knobs={"EPOCH_RECORD": 0}),
    Variant(
        "epoch, when a session is recorded",
        (*_ACT, *_WIRE, "one-late-datagram"),
        FROZEN_CLOCK,
        {"EPOCH_RECORD": 0},
    ),
    Variant(
        "look at the lease, and epoch when a session is recorded",
        (*_ACT, *_WIRE, "one-late-datagram"),
        knobs={"CHECK": 0, "EPOCH_RECORD": 0},
    ),
    Variant(
        "epoch, when a state is declared",
        ("ends-once", "never-against-declared", "no-early-success"),
        knobs={"EPOCH_DECLARE": 0},
    ),
    Variant(
        "epoch, when a request is decided",
        ("answered-survives", "durable-intent", "ends-once"),
        knobs={"EPOCH_REQUEST": 0},
    ),
    Variant("epoch, when a session is taken off the record", (), knobs={"EPOCH_FORGET": 0}),
    Variant("epoch, when the record is read", (), knobs={"EPOCH_LIST": 0}),
    Variant(
        "epoch, when the record is read",
        ("hands-off", *_WIRE, "one-late-datagram"),
        FROZEN_CLOCK,
        {"EPOCH_LIST": 0},
    ),
)


class CheckerFailed(Exception):
    """Spin, the compiler or the checker did not do its work; says what it printed, and what to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of the checker found.

    Attributes:
        errors: 0 where all that was watched holds.
        states: Distinct states stored; all there are, where there was no error.
        depth: Steps of the longest run looked at.
        trace: What happens in the counterexample, a line for each; empty where there is none.
    """

    errors: int
    states: int
    depth: int
    trace: tuple[str, ...]

    @property
    def broken(self) -> str | None:
        """The property that the counterexample ends in; None where there is none, or it is one of liveness."""
        told = [line.removeprefix("@1 broken ") for line in self.trace if line.startswith("@1 broken ")]
        return told[-1] if told else None


class Checker:
    """The model, compiled once in a folder of its own.

    Args:
        folder: Where to build; must exist.
        live: For liveness instead of safety.
        bounds: Bounds of the model by name (`NREQ`, `NTAKE`, `NTICK`, `NDEATH`, `NLOSS`, ...), where they differ.

    Raises:
        CheckerFailed: spin or gcc is missing, or refuses the model.
    """

    def __init__(self, folder: Path, *, live: bool = False, bounds: Mapping[str, int] | None = None) -> None:
        self._folder = folder
        self._live = live
        defined = [f"-D{name}={value}" for name, value in (bounds or {}).items()]
        _run(["spin", "-a", *(["-DLIVE"] if live else []), *defined, str(MODEL)], folder)
        # Spin's own code makes gcc suspect writes past small arrays: its warnings are not ours.
        _run(["gcc", "-O2", "-w", *(_LIVENESS if live else _SAFETY), "-o", "pan", "pan.c"], folder)

    def holds(self, variant: Variant, watched: Iterable[str]) -> Outcome:
        """Look for a run in which one of these properties is broken."""
        return self._check(variant.knobs, variant.standstill, watched=_mask(watched))

    def reaches(self, witness: int, standstill: int = PAUSE) -> Outcome:
        """Look for a run that gets to a witness of `WITNESSES`: it does where there are errors."""
        return self._check({}, standstill, watched=0, witness=witness)

    def converges(self, *, fair: bool = True, standstill: int = NEVER) -> Outcome:
        """Look for a run in which the desired power is never, for good, read and declared (needs `live`)."""
        return self._check({}, standstill, watched=0, options=("-a", *(["-f"] if fair else []), "-N", "converges"))

    def _check(
        self,
        knobs: Mapping[str, int],
        standstill: int,
        *,
        watched: int,
        witness: int = 0,
        options: tuple[str, ...] = (),
    ) -> Outcome:
        told = {**knobs, "STANDSTILL": standstill, "WATCH": watched, "WITNESS": witness}
        environment = os.environ | {name: str(value) for name, value in told.items()}
        with tempfile.TemporaryDirectory(dir=self._folder) as run:
            pan = str(self._folder.resolve() / "pan")
            printed = _run([pan, f"-m{_DEPTH}", *options], Path(run), environment)
            errors = _number(r"errors: (\d+)", printed)
            if "max search depth too small" in printed or (not errors and "Search not completed" in printed):
                raise CheckerFailed(f"the search was cut short; raise its depth or the memory:\n{printed}")
            trails = sorted(Path(run).glob("*.trail"))
            replayed = _run([pan, "-r", trails[0].name], Path(run), environment) if trails else ""
        lines = (line.strip() for line in replayed.splitlines())
        return Outcome(
            errors=errors,
            states=_number(r"(\d+) states, stored", printed),
            depth=_number(r"depth reached (\d+)", printed),
            trace=tuple(line for line in lines if line.startswith("@") and "%" not in line),
        )


def kept(variant: Variant) -> tuple[str, ...]:
    """The properties that a variant keeps."""
    return tuple(name for name in PROPERTIES if name not in variant.broken)


def check_all(checker: Checker) -> Iterator[tuple[Variant, str, Outcome]]:
    """Check every variant: once for what it keeps together, and once for each property that it breaks.

    Yields:
        The variant, the property (`kept` for all those that it keeps), and what was found.
    """
    for variant in (*DESIGN, *LEFT_OUT):
        yield variant, "kept", checker.holds(variant, kept(variant))
        for name in variant.broken:
            yield variant, name, checker.holds(variant, [name])


def _mask(names: Iterable[str]) -> int:
    return sum(1 << PROPERTIES.index(name) for name in names)


def _run(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    except FileNotFoundError as error:
        raise CheckerFailed(f"{command[0]} is not installed: apt install spin gcc") from error
    # pan ends with other codes where it replays; what it found stands in what it prints
    if done.returncode and command[0] in {"spin", "gcc"}:
        raise CheckerFailed(f"{command[0]} refuses the model:\n{done.stdout}{done.stderr}")
    return done.stdout


def _number(pattern: str, printed: str) -> int:
    found = re.search(pattern, printed)
    if found is None:
        raise CheckerFailed(f"the checker printed no result:\n{printed}")
    return int(found[1])


def main() -> None:
    """Print the table of `docs/two-daemons.md`: `python -m powerfsm.model.two_daemons`."""
    words = {NEVER: "never", PAUSE: "pause", FROZEN_CLOCK: "frozen clock"}
    with tempfile.TemporaryDirectory() as folder:
        for variant, name, outcome in check_all(Checker(Path(folder))):
            found = "holds" if not outcome.errors else f"broken in {len(outcome.trace)} steps"
            what = f"{variant.name} ({words[variant.standstill]})"
            print(f"{what:70} {name:24} {found:20} {outcome.states:>9,} states")


if __name__ == "__main__":
    main()
