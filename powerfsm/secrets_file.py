"""BMC passwords and keys, read from a file that only the daemon's user may read, and from the environment.

The file is YAML, a mapping of names (those that nodes refer to) to what logs in:

    default:
      username: powerfsm
      password-file: bmc-password     # or `password: ...`, or `password-env: VARIABLE`
      kg-hex: 000102030405            # or `kg: ...`, or `kg-file: ...`; where the BMC has one

Where no file defines `default`, `POWERFSM_BMC_USERNAME`, `POWERFSM_BMC_PASSWORD` and `POWERFSM_BMC_KG` do.

Two habits of YAML would cost a secret: it reads `0123` as a number and `*abc` as a reference, and its errors quote
what they trip over.  So every value here is the text as it stands, and no message ever repeats a value.

The files are looked at before each login, and read again once one of them has changed, so a rotated password needs
no restart.  What cannot be read then is logged, and the logins that were read last stay in force.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog
import yaml

from powerfsm.credentials import Login, UnknownCredentials

log = structlog.get_logger(__name__)

LONGEST_USERNAME: Final = 16
"""Bytes of a user name (IPMI 2.0, 22.28 Set User Name)."""

LONGEST_PASSWORD: Final = 20
"""Bytes of a password (IPMI 2.0, 22.30 Set User Password)."""

LONGEST_KG: Final = 20
"""Bytes of the key Kg (IPMI 2.0, 13.33)."""

_LONGEST_FILE = 2**20
_KEYS = ("username", "password", "password-file", "password-env", "kg", "kg-hex", "kg-file")
_STR = "tag:yaml.org,2002:str"

_Stamp = tuple[int, int, int, int] | None


class CredentialsError(Exception):
    """A file of credentials cannot be used; the message names the file, the line and the key, never a value."""


class SecretsFile:
    """Credentials by name (a `CredentialStore`).

    Args:
        path: The file, or None: the environment alone.
        environment: Variables; those of the process where None.

    Raises:
        CredentialsError: What is there cannot be used.
    """

    def __init__(self, path: Path | None, environment: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._environment = os.environ if environment is None else environment
        self._stamps: dict[Path, _Stamp] = {}
        self._logins: dict[str, Login] = {}
        self._logins, self._stamps = self._read()

    def lookup(self, name: str) -> Login:
        """The login of this name, as the file has it now.

        Raises:
            UnknownCredentials: There is none of this name.
        """
        if any(_stamp(path) != stamp for path, stamp in self._stamps.items()):
            self._read_again()
        try:
            return self._logins[name]
        except KeyError:
            raise UnknownCredentials(name) from None

    def names(self) -> frozenset[str]:
        """The names that there are."""
        return frozenset(self._logins)

    def _read_again(self) -> None:
        seen = {path: _stamp(path) for path in self._stamps}
        try:
            self._logins, self._stamps = self._read()
        except CredentialsError as error:
            self._stamps = seen
            log.error("credentials.unreadable", file=str(self._path), error=str(error), kept=len(self._logins))
        else:
            log.info("credentials.read", file=str(self._path), names=sorted(self._logins))

    def _read(self) -> tuple[dict[str, Login], dict[Path, _Stamp]]:
        stamps: dict[Path, _Stamp] = {}
        logins: dict[str, Login] = {}
        if self._path is not None:
            stamps[self._path] = _stamp(self._path)
            for name, entry in _entries(self._path).items():
                logins[name] = entry.login(self._environment, stamps)
        if "default" not in logins:
            login = self._from_environment()
            if login is not None:
                logins["default"] = login
        return logins, stamps

    def _from_environment(self) -> Login | None:
        password = self._environment.get("POWERFSM_BMC_PASSWORD")
        if password is None:
            return None
        kg = self._environment.get("POWERFSM_BMC_KG")
        username = self._environment.get("POWERFSM_BMC_USERNAME", "")
        return Login(
            _short(username, LONGEST_USERNAME, "POWERFSM_BMC_USERNAME", "a user name").decode(),
            _short(password, LONGEST_PASSWORD, "POWERFSM_BMC_PASSWORD", "an IPMI 2.0 password"),
            None if kg is None else _short(kg, LONGEST_KG, "POWERFSM_BMC_KG", "the key Kg"),
        )


class _Entry:
    """One name of the file with its values; its representation shows none of them."""

    def __init__(self, path: Path, name: str, line: int) -> None:
        self._path = path
        self._name = name
        self._line = line
        self._values: dict[str, tuple[str, int]] = {}

    def put(self, key: str, value: str, line: int) -> None:
        if key not in _KEYS:
            raise CredentialsError(
                f"{self._path}:{line}: {self._name}.{key} is not known here, expected one of {', '.join(_KEYS)}"
            )
        if key in self._values:
            raise CredentialsError(f"{self._path}:{line}: {self._name}.{key} stands here twice, expected it once")
        self._values[key] = value, line

    def login(self, environment: Mapping[str, str], stamps: dict[Path, _Stamp]) -> Login:
        if "username" not in self._values:
            raise CredentialsError(f"{self._path}:{self._line}: {self._name} has no username")
        password = self._one_of("password", "password-file", "password-env")
        if password is None:
            raise CredentialsError(
                f"{self._path}:{self._line}: {self._name} has no password, expected one of password,"
                " password-file and password-env"
            )
        kg = self._one_of("kg", "kg-hex", "kg-file")
        return Login(
            self._bytes("username", LONGEST_USERNAME, "a user name", environment, stamps).decode(),
            self._bytes(password, LONGEST_PASSWORD, "an IPMI 2.0 password", environment, stamps),
            None if kg is None else self._bytes(kg, LONGEST_KG, "the key Kg", environment, stamps),
        )

    def _one_of(self, *keys: str) -> str | None:
        found = [key for key in keys if key in self._values]
        if len(found) > 1:
            raise CredentialsError(
                f"{self._path}:{self._line}: {self._name} has {' and '.join(found)}, expected only one of them"
            )
        return found[0] if found else None

    def _bytes(
        self, key: str, most: int, what: str, environment: Mapping[str, str], stamps: dict[Path, _Stamp]
    ) -> bytes:
        value, line = self._values[key]
        where = f"{self._path}:{line}: {self._name}.{key}"
        if key.endswith("-file"):
            file = self._path.parent / value
            stamps[file] = _stamp(file)
            lines = _read_private(file).splitlines()
            return _short(lines[0] if lines else b"", most, where, what)
        if key.endswith("-env"):
            if value not in environment:
                raise CredentialsError(f"{where}: the variable that it names is not in the daemon's environment")
            value = environment[value]
        if key.endswith("-hex"):
            try:
                return _short(bytes.fromhex(value.removeprefix("0x")), most, where, what)
            except ValueError:
                raise CredentialsError(f"{where} is not an even number of hexadecimal digits") from None
        return _short(value, most, where, what)


def _entries(path: Path) -> dict[str, _Entry]:
    try:
        root = yaml.BaseLoader(_read_private(path)).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise CredentialsError(
            f"{path}:{line}: not YAML (what stands there is not shown, it may be secret);"
            " put values with special characters into quotes"
        ) from None
    except (yaml.YAMLError, ValueError):
        raise CredentialsError(f"{path}: not YAML in UTF-8") from None
    if root is None:
        return {}
    entries: dict[str, _Entry] = {}
    for name, node, line in _pairs(root, path, "the file"):
        if name in entries:
            raise CredentialsError(f"{path}:{line}: {name} stands here twice, expected it once")
        entry = entries[name] = _Entry(path, name, line)
        for key, value, key_line in _pairs(node, path, name):
            entry.put(key, _scalar(value, f"{path}:{key_line}: {name}.{key}"), key_line)
    return entries


def _pairs(node: yaml.Node, path: Path, what: str) -> list[tuple[str, yaml.Node, int]]:
    """The members of a mapping, each with its line."""
    if not isinstance(node, yaml.MappingNode):
        raise CredentialsError(
            f"{path}:{node.start_mark.line + 1}: {what} is no mapping, expected one, such as `username: powerfsm`"
        )
    return [
        (_scalar(key, f"{path}:{key.start_mark.line + 1}: a key"), value, key.start_mark.line + 1)
        for key, value in node.value
    ]


def _scalar(node: yaml.Node, where: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != _STR:
        raise CredentialsError(f"{where} is no plain text, expected it in quotes")
    if node.value == "" and node.style is None:
        raise CredentialsError(f'{where} is empty, expected a value (an empty one is written "")')
    return str(node.value)


def _short(value: str | bytes, most: int, where: str, what: str) -> bytes:
    try:
        encoded = value.encode() if isinstance(value, str) else value
    except UnicodeEncodeError:
        raise CredentialsError(f"{where} is no text in UTF-8") from None
    if len(encoded) > most:
        raise CredentialsError(f"{where} has {len(encoded)} bytes, and {what} has at most {most}")
    return encoded


def _stamp(path: Path) -> _Stamp:
    """What tells one content of a file from the next, or None where there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise CredentialsError(
                    f"{path}: others than its owner may use it (mode {mode:04o}); chmod 600 {path}, and change the"
                    " secrets in it if somebody may have read them"
                )
            return file.read(_LONGEST_FILE)
    except OSError as error:
        raise CredentialsError(f"{path}: cannot be read: {error.strerror}") from None
