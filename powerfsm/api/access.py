"""Who may do what: bearer tokens, each with a name and a role.

The file of tokens has one line for each: name, role, hash.

    ci       operate  sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b
    grafana  read     sha256:...

Only the hash is kept, and it is a plain SHA-256: a token is 256 random bits, so there is nothing to guess and no
use in making guesses slow.  The file is looked at with each request and read again once it has changed.
"""

import hmac
import re
import secrets
import stat
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_HASH = re.compile(r"sha256:([0-9a-f]{64})", re.ASCII)
_RESERVED = "local"


class Role(StrEnum):
    """What a token may do; each role may do what those before it may."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Whether this role may do what `needed` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name of the token, and what it may do."""

    name: str
    role: Role


LOCAL = Caller(_RESERVED, Role.ADMIN)
"""Who asks where no tokens are configured."""


class TokensError(Exception):
    """A file of tokens cannot be used; the message names file, line and what was expected."""


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    digest: bytes


class Tokens:
    """The tokens of one file; made by `read_tokens`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._known = _read(path)

    def identify(self, token: str) -> Caller | None:
        """Whose token this is, or None; takes the same time whatever is right about a wrong one."""
        self._refresh()
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = None
        for known in self._known:
            if hmac.compare_digest(known.digest, digest):
                found = known.caller
        return found

    def _refresh(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known = _read(self._path)
        except TokensError as error:
            log.error("tokens.unreadable", file=str(self._path), error=str(error), kept=len(self._known))
        else:
            log.info("tokens.read", file=str(self._path), names=[known.caller.name for known in self._known])


def read_tokens(path: Path) -> Tokens:
    """Read a file of tokens; it is read again whenever it changes.

    Raises:
        TokensError: It cannot be read, others may write it, a line is wrong, or there is no token in it.
    """
    return Tokens(path)


def make_token(name: str, role: Role) -> tuple[str, str]:
    """A new token, and the line that lets it in; the token itself is kept nowhere.

    Raises:
        TokensError: No token may be called so.
    """
    _check_name(name, "a token")
    token = f"pfsm_{secrets.token_urlsafe(32)}"
    return token, f"{name} {role} sha256:{sha256(token.encode()).hexdigest()}"


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path) -> list[_Known]:
    try:
        if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise TokensError(f"{path}: others may write it, and so let themselves in; chmod go-w {path}")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise TokensError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TokensError(f"{path}: not text in UTF-8") from None
    known: dict[str, _Known] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"{path}:{number}"
        if len(words) != 3:
            raise TokensError(
                f"{where}: expected name, role and sha256:HASH, as `powerfsm token create` writes them"
            )
        name, role, digest = words
        _check_name(name, where)
        if name in known:
            raise TokensError(f"{where}: there is a token named {name} already; each needs a name of its own")
        if role not in list(Role):
            raise TokensError(f"{where}: the role is {role!r}, expected read, operate or admin")
        match = _HASH.fullmatch(digest)
        if not match:
            raise TokensError(f"{where}: the last word is no hash, expected sha256: and 64 hexadecimal digits")
        known[name] = _Known(Caller(name, Role(role)), bytes.fromhex(match[1]))
    if not known:
        raise TokensError(
            f"{path}: no token is in it, so nobody could use the API; make one with `powerfsm token create`"
        )
    return list(known.values())


def _check_name(name: str, where: str) -> None:
    if not _NAME.fullmatch(name):
        raise TokensError(f"{where}: {name!r} is no name, expected up to 64 letters, digits, '.', '_' and '-'")
    if name == _RESERVED:
        raise TokensError(f"{where}: the name {name!r} stands for requests without a token, choose another")
