"""The accounts of one BMC: what its kind begins with, and what commands have made of them since."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bmcsim.profile import User
from powerfsm.ipmi.wire.numbers import Privilege

NAMELESS: Final = 1
"""The number of the user without a name (IPMI 2.0, 6.9.1)."""

MOST: Final = 15
"""How many accounts a BMC has room for."""

_FIRST_NAMED = 2
_NOBODY = User("", "", Privilege.NO_ACCESS, enabled=False)


class Accounts:
    """Accounts by number, 1 to `MOST`."""

    __slots__ = ("_by_id",)

    def __init__(self, users: tuple[User, ...]) -> None:
        """Begin with `users`; the first nameless one gets number 1, the others count from 2.

        Raises:
            ValueError: There is no room for so many.
        """
        self._by_id: dict[int, User] = {}
        for number, user in enumerate(users, _FIRST_NAMED):
            first_nameless = not user.name and NAMELESS not in self._by_id
            self._by_id[NAMELESS if first_nameless else number] = user
        if max(self._by_id, default=0) > MOST:
            raise ValueError(f"{len(users)} users; a BMC has room for {MOST - 1}")

    def __iter__(self) -> Iterator[User]:
        """Iterate over those that may log in."""
        return (user for user in self._by_id.values() if _may_log_in(user))

    def __getitem__(self, user_id: int) -> User:
        """Return an account; one that was never set has no name and may not log in."""
        return self._by_id.get(user_id, _NOBODY)

    def find(self, name: bytes) -> tuple[int, User | None]:
        """Return number and account of the user with this name who may log in; 0 and None where there is none."""
        for user_id, user in self._by_id.items():
            if user.name.encode() == name and _may_log_in(user):
                return user_id, user
        return 0, None

    def change(self, user_id: int, **fields: object) -> None:
        """Change fields of an account.

        Raises:
            ValueError: The account cannot be so.
        """
        self._by_id[user_id] = replace(self[user_id], **fields)  # type: ignore[arg-type]  # fields of User

    @property
    def enabled(self) -> int:
        """How many are enabled."""
        return sum(user.enabled for user in self._by_id.values())


def _may_log_in(user: User) -> bool:
    return user.enabled and user.limit != Privilege.NO_ACCESS
