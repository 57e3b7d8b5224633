"""What becomes of the mutants of the spec: the page that people read, and the table in it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from powerfsm.model.mutants import KINDS, Mutant

Fate = Literal["loader", "checker", "test", "survivor"]
"""What notices a mutant: the loader, the model checker or a named test; or nothing does, and it survives."""

_HEADINGS: dict[Fate, str] = {
    "loader": "refused by the loader",
    "checker": "killed by the checker",
    "test": "killed by a named test",
    "survivor": "survivors",
}


def table(made: Sequence[Mutant], fate: Callable[[Mutant], Fate]) -> str:
    """A Markdown table: for each kind of mutant, how many there are and what becomes of them."""
    lines = [
        "| kind | mutants | " + " | ".join(_HEADINGS.values()) + " |",
        "|---|" + "---:|" * (1 + len(_HEADINGS)),
    ]
    for kind in (*KINDS, None):
        fates = [fate(mutant) for mutant in made if kind in (None, mutant.kind)]
        counts = [len(fates), *(fates.count(each) for each in _HEADINGS)]
        lines.append(f"| {kind or 'all'} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines) + "\n"


_PAGE = """\
# Mutants

A mutant is `spec/power.yaml` with one thing in it changed: a guard dropped, an effect dropped or moved, a
transition that leads elsewhere, a phase of the drive skipped. `powerfsm/model/mutants.py` makes all of them. Each
must be noticed, or the spec says something that nobody holds it to. The loader refuses those that break its rules;
the model checker kills those that break a property in some small world (`powerfsm/model/hunt.py`); a named test
kills each of the others, and each of the checker's too. Here each counts where it is noticed first.

{table}
## By which property the checker kills

{properties}
What the checker does not see: an event ignored that the spec rejects, for it shows that no such event comes, and
other pairs that never come; that a requester gets any answer at all, since he is only held to what he was told;
that what outranks cancels and does not just wait, since all ends well that way too; whether a reading outside an
action is noted or adopted; how an operation ends that has failed or was broken off anyway (a session that is not
closed on the way out is closed by the fence of the next action); what of soft-off and patience changes only how
soon something happens; and what takes more requests and misfortunes than these worlds have. Of parts of the
protocol that are left out, [counterexamples.md](counterexamples.md) shows what happens.

## Survivors

Nothing notices these, and there is nothing to notice:
{survivors}
`tests/model/killers.yaml` names the test that kills a mutant, `tests/model/checked.yaml` the property that it
breaks. `python tests/support/mutants_document.py` writes this page, and a test holds it to those files.
"""


def page(
    made: Sequence[Mutant],
    refused: Sequence[str],
    checked: Mapping[str, str],
    survivors: Mapping[str, Sequence[str]],
) -> str:
    """The page of all mutants.

    Args:
        made: Every mutant.
        refused: Names of those that no loader takes.
        checked: For each that the checker kills, by name, the property that it breaks.
        survivors: Names of those that nothing notices, by the reason why.
    """
    alive = {name for names in survivors.values() for name in names}

    def fate(mutant: Mutant) -> Fate:
        if mutant.name in refused:
            return "loader"
        if mutant.name in checked:
            return "checker"
        return "survivor" if mutant.name in alive else "test"

    counted = Counter(checked.values())
    rows = [
        f"| {name} | {count} |" for name, count in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    ]
    told = [
        f"\n{reason.strip()}\n\n" + "".join(f"- `{name}`\n" for name in names)
        for reason, names in survivors.items()
    ]
    return _PAGE.format(
        table=table(made, fate),
        properties="\n".join(["| property | mutants |", "|---|---:|", *rows]) + "\n",
        survivors="".join(told),
    )
