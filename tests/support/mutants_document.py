"""The text of `docs/mutants.md`, from what is written of each mutant; as a program, prints it."""

import sys
from pathlib import Path

from killers import read_killers
from powerfsm.model.hunt import read
from powerfsm.model.mutant_table import page
from powerfsm.model.mutants import mutants, refusals
from powerfsm.spec import load

CHECKED = Path(__file__).parents[1] / "model" / "checked.yaml"


def document() -> str:
    """The page as it should be."""
    file = load().file
    made = mutants(file)
    return page(
        made,
        [mutant.name for mutant in made if refusals(mutant, file)],
        {kill.mutant: kill.property for kill in read(CHECKED.read_text(encoding="utf-8"))},
        {each.reason: each.mutants for each in read_killers().survivors},
    )


if __name__ == "__main__":
    sys.stdout.write(document())
