"""The reference of the command line, `docs/cli.md`, written from the declarations of the commands themselves.

    python -m powerfsm.cli.reference > docs/cli.md

It is read from what was handed to typer and not from the help that typer makes of it, so that another typer does
not make another reference.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from textwrap import dedent
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from powerfsm.cli.app import make_app

_INTRODUCTION = """# The command line

<!-- Written by `python -m powerfsm.cli.reference` from the commands themselves; change those, not this file. -->

`powerfsm serve` is the daemon. Every other command asks a daemon over its HTTP API (`api.md`), or needs none.

## What all commands share
- **A HOSTLIST** names many nodes: `r1n[01-40],login1` (ranges, steps `[0-10/2]`, zero padding, several brackets). Quote it: shells
  read brackets too. Several of them, `'r1n[01-40]' login1`, are joined.
- **Which daemon**: `--url`, else `POWERFSM_URL`, else `http://127.0.0.1:8623`.
- **The token** comes from the environment (`POWERFSM_TOKEN`) or from a file (`--token-file`, `POWERFSM_TOKEN_FILE`), never from an
  argument, which everybody on the machine could read in the list of processes.
- **Answers** go to standard output, remarks, progress and errors to standard error. On a terminal there are colours (not with
  `NO_COLOR`), a progress bar, and tables that fit; elsewhere lines are neither broken nor shortened. `--json` prints the shapes of
  the API.
- **No questions.** Nothing is asked back, on a terminal or off it, so a command does the same for people and for scripts.
  `powerfsm status HOSTLIST` shows first whom a hostlist names.

| exit code | it means |
|---|---|
| 0 | All was done. Of what only asks for power and does not wait: it was accepted, and is durable. |
| 1 | Rightly asked, and not all came out well: an operation failed, was superseded or has not ended in time; the daemon refused as things stand (a node is busy, its generation is another, the store cannot be written); `status` shows a node in error, or drifted. Who and why is said. |
| 2 | Wrongly asked, and nothing was done: unknown option, bad hostlist, unknown node or operation, no token or one that may not. |
| 3 | No daemon answers (or something else does). It says which URL was tried. |
| 130 | Ctrl-C. What was accepted goes on, and it says how to see it. |

A daemon that goes away while a command waits is waited for, up to a minute: what it had accepted is durable.
"""  # noqa: E501  (a row of a table is one line)

_SHARED = {"url", "token_file"}


def reference() -> str:
    """The whole of `docs/cli.md`."""
    parts = [_INTRODUCTION]
    told: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for path, command in _commands(make_app(), ()):
        name = " ".join(("powerfsm", *path))
        rows, paragraphs = _told(command)
        parts += [f"## `{name}`", "", f"    {name} {_usage(command)}", ""]
        if rows and rows in told:
            # What was said of the like of it need not be read again.
            like, said = told[rows]
            parts += _apart(one for one in paragraphs if one.replace(name, like) not in said)
            parts += [f"Arguments, options and exit codes are those of `{like}`.", ""]
        else:
            told[rows] = (name, paragraphs)
            parts += _apart(paragraphs)
            parts += ["| | |", "|---|---|", *rows, ""] if rows else []
    return "\n".join(parts)


def _commands(app: typer.Typer, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], CommandInfo]]:
    for command in app.registered_commands:
        yield (*above, str(command.name)), command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from _commands(group.typer_instance, (*above, str(group.name)))


def _told(command: CommandInfo) -> tuple[tuple[str, ...], list[str]]:
    """The rows of a command's table, and the paragraphs about it."""
    assert command.callback is not None
    parameters = [one for one in _parameters(command.callback) if one.name not in _SHARED]
    arguments_first = sorted(parameters, key=lambda one: isinstance(one.info, OptionInfo))
    text = command.help or command.callback.__doc__ or ""
    parts = [inspect.cleandoc(part) for part in (text, command.epilog or "") if part]
    return tuple(map(_row, arguments_first)), [one for part in parts for one in _prose(part)]


def _apart(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from (paragraph, "")


class _Parameter:
    """An argument or option, as it was declared."""

    def __init__(self, name: str, annotation: Any, default: Any) -> None:
        self.type, self.info = get_args(annotation)
        self.default = default
        self.needed = default is inspect.Parameter.empty
        self.name = name

    @property
    def choices(self) -> list[str]:
        """What it can be, if that is one of a few words."""
        for kind in (self.type, *_inside(self.type)):
            if isinstance(kind, type) and issubclass(kind, Enum):
                return [str(one.value) for one in kind]
        return []

    @property
    def many(self) -> bool:
        """Whether it may be given several times."""
        return any(get_origin(kind) is list for kind in (self.type, *_inside(self.type)))


def _inside(kind: Any) -> tuple[Any, ...]:
    parts = get_args(kind) if get_origin(kind) in {Union, UnionType, list} else ()
    return (*parts, *(inner for part in parts for inner in _inside(part)))


def _parameters(callback: Callable[..., Any]) -> Iterator[_Parameter]:
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        annotation = hints[name]
        assert get_origin(annotation) is Annotated, f"{name} says neither how it is written nor what it means"
        yield _Parameter(name, annotation, parameter.default)


def _usage(command: CommandInfo) -> str:
    assert command.callback is not None
    parts = []
    for parameter in _parameters(command.callback):
        if isinstance(parameter.info, ArgumentInfo):
            name = f"{parameter.info.metavar}{'...' if parameter.many else ''}"
            parts.append(name if parameter.needed else f"[{name}]")
    return " ".join(["[OPTIONS]", *parts])


def _row(parameter: _Parameter) -> str:
    info = parameter.info
    if isinstance(info, ArgumentInfo):
        written = f"`{info.metavar}`"
    else:
        value = info.metavar or "\\|".join(parameter.choices)
        # In an `Annotated`, typer takes the first of the names for a default until it has looked closer.
        declared = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
        names = [name for names in declared for name in names.split("/")]
        written = ", ".join(f"`{name} {value}`" if value else f"`{name}`" for name in names)
    remarks = []
    if parameter.needed and isinstance(info, OptionInfo):
        remarks.append("Required.")
    if info.envvar:
        remarks.append(f"Environment: `{info.envvar}`.")
    if not parameter.needed and parameter.default is not None and not isinstance(parameter.default, bool):
        shown = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
        remarks.append(f"Default: `{shown}`.")
    return f"| {written} | {' '.join([str(info.help), *remarks])} |"


def _prose(text: str) -> Iterator[str]:
    """Paragraphs of help for a terminal as Markdown: what must not be refolded there is a block of code here."""
    for part in text.split("\n\n"):
        paragraph = part.strip("\n")
        if not paragraph.startswith("\b"):
            yield paragraph.replace("\n", " ").replace("  ", " ")
            continue
        head, *rest = paragraph.removeprefix("\b").strip("\n").splitlines()
        if head == "Exit codes:":
            rows = (row.split(maxsplit=1) for row in rest)
            codes = (f"| {code} | {meaning} |" for code, meaning in rows)
            yield "\n".join(["| exit code | |", "|---|---|", *codes])
        else:
            yield "\n".join([head, "```", dedent("\n".join(rest)), "```"])


def main() -> None:
    """Print the reference."""
    print(reference(), end="")


if __name__ == "__main__":
    main()
