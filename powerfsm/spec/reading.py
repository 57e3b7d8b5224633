"""Reading a spec: text -> values with lines -> models -> meaning; every mistake told, none guessed at.

A file whose shape is wrong is not judged by its meaning: half of what would be told then are echoes of the
first mistake.  Within each of the two steps all mistakes are told at once.
"""

from powerfsm.spec.meaning import judge
from powerfsm.spec.mistakes import SpecError
from powerfsm.spec.schema import File
from powerfsm.spec.shape import fit
from powerfsm.spec.source import take_apart


def read(text: bytes, file: str) -> File:
    """Read a spec.

    Args:
        text: The file's bytes.
        file: Its name, for the messages.

    Raises:
        SpecError: With every mistake as `file:line: what is wrong, what was expected`.
    """
    source = take_apart(text, file)
    model = fit(source)
    if model is not None:
        judge(model, source)
    if model is None or source.mistakes:
        raise SpecError(source.mistakes)
    return model
