"""The credentials of a simulation: those that the daemon has, and those that its BMCs take."""

from bmcsim import Fleet, Rule, User
from bmcsim.faults.login import PasswordRotated
from powerfsm.credentials import Login, UnknownCredentials


class Logins:
    """The daemon's credentials: each node has some of its own, by its name."""

    def __init__(self) -> None:
        """Have none yet."""
        self._logins: dict[str, Login] = {}

    def put(self, node: str, password: str) -> None:
        """Know a node's password from now on."""
        self._logins[node] = Login(User().name, password.encode())

    def lookup(self, name: str) -> Login:
        """See `powerfsm.credentials.CredentialStore`."""
        if name not in self._logins:
            raise UnknownCredentials(name)
        return self._logins[name]


class Rotation:
    """Gives BMCs other passwords, over and over."""

    def __init__(self, fleet: Fleet, logins: Logins) -> None:
        """Have the daemon know what the BMCs of `fleet` take at the beginning."""
        self._fleet = fleet
        self._logins = logins
        self._rules: dict[str, Rule] = {}
        self._rotated = 0
        for name in fleet.addresses:
            logins.put(name, User().password)

    def next(self) -> str:
        """A new password."""
        self._rotated += 1
        return f"rotated-{self._rotated}"

    def rotate(self, node: str, password: str) -> None:
        """Have a node's BMC take this password and no other from now on."""
        rule = Rule(PasswordRotated(password), nodes=node)
        self._fleet.faults.add(rule)
        if node in self._rules:
            self._fleet.faults.remove(self._rules[node])
        self._rules[node] = rule

    def follow(self, node: str, password: str) -> None:
        """Have the daemon know it."""
        self._logins.put(node, password)
