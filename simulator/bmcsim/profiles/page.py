"""The page on families: `python -m bmcsim.profiles.page > docs/profiles.md`."""

import sys

from bmcsim.profiles import ALL, Family

_HEAD = """\
# Families of BMCs

<!-- Made by `python -m bmcsim.profiles.page`; change the families instead. -->

A family is a profile to start from: `FAMILIES["slow-old"]` in Python, `profile: slow-old` in a scenario. Numbers
are of the size that users report. A quirk that only some machines of a family have is not here but among the
[faults](faults.md), to be switched on beside it.

| family | cipher suites | IPMI 1.5 | slots | an answer takes | power reads on after | off after | BMC boots in |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page, in Markdown."""
    return _HEAD + "\n".join(_row(family) for family in ALL) + "\n" + "".join(_section(family) for family in ALL)


def _row(family: Family) -> str:
    profile, hardware = family.profile, family.profile.hardware
    cells = (
        f"`{family.name}`",
        ", ".join(map(str, profile.suites)),
        "yes" if profile.ipmi15 else "no",
        str(profile.slots),
        f"{profile.answer_time} s",
        f"{hardware.boot_delay} s",
        f"{hardware.off_delay} s",
        f"{profile.boot} s",
    )
    return f"| {' | '.join(cells)} |"


def _section(family: Family) -> str:
    quirks = "\n".join(f"| {quirk.what} | {quirk.seen} |" for quirk in family.quirks)
    return f"\n## {family.name}\n\n{family.summary}\n\n| what it does | where it was met |\n|---|---|\n{quirks}\n"


if __name__ == "__main__":
    sys.stdout.write(page())
