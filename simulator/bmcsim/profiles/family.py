"""What a family is: a profile, and where each of its quirks has been seen."""

from dataclasses import dataclass

from bmcsim.profile import Profile


@dataclass(frozen=True, slots=True)
class Quirk:
    """One way in which a family differs from what the specifications recommend, or from what others do.

    Attributes:
        what: What it does.
        seen: Who has met it, and what it looked like to them.
    """

    what: str
    seen: str


@dataclass(frozen=True, slots=True)
class Family:
    """One family of BMCs.

    Attributes:
        name: By which scenarios and command lines ask for it.
        summary: What it is, in one sentence.
        profile: What kind of BMC it is.
        quirks: Why it is like that.
    """

    name: str
    summary: str
    profile: Profile
    quirks: tuple[Quirk, ...]
