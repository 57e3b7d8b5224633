"""What `powerfsm token create` does."""

import os
from pathlib import Path

from powerfsm.api.access import Role, TokensError, make_token
from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import complain, remark, say


def create_token(name: str, role: str, append: Path | None) -> Exit:
    """Print a new token, once its line is in the file (or, without a file, beside the line).

    The token goes to standard output and all else to standard error, so that it can be piped to where it belongs.
    """
    try:
        token, line = make_token(name, Role(role))
    except TokensError as error:
        complain(str(error))
        return Exit.USAGE
    if append is None:
        remark("The token, shown this once:")
        say(token)
        remark("The line for the daemon's file of tokens (powerfsm serve --tokens FILE):")
        remark(line)
        return Exit.OK
    try:
        _append(append, name, line)
    except (OSError, UnicodeDecodeError) as error:
        complain(f"{append} cannot be written: {error}; no token was made")
        return Exit.NOT_DONE
    except TokensError as error:
        complain(f"{error}; no token was made")
        return Exit.USAGE
    remark(f"{append} now lets {name!r} in.  The token, shown this once:")
    say(token)
    return Exit.OK


def _append(file: Path, name: str, line: str) -> None:
    """Append a line to a file of tokens, which is made for its owner's eyes where there is none."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as tokens:
        before = tokens.read()
        if any(known.split()[:1] == [name] for known in before.splitlines()):
            raise TokensError(f"{file}: there is a token named {name} already; each needs a name of its own")
        tokens.write(("" if before.endswith("\n") or not before else "\n") + line + "\n")
