"""Which paths there are, what can be done there, and who may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bmcsim.faults import Step
from bmcsim.redfish.access import Right
from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Response
from bmcsim.redfish.resources import accounts, manager, registries, root, system, tasks

Write = tuple[Right | None, Callable[[Call], Response]]
"""The right that is needed, None where nobody has to be known, and what is done."""


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of path.

    Attributes:
        path: With names in braces where anything may stand.
        read: What GET returns, or None where there is nothing to be read.
        raw: The same for what is no JSON document of its own, with its status and headers.
        writes: What the other methods do.
        open: GET needs no authentication (DSP0266, 13.2.2).
        right: What GET needs else.
        step: The step of the protocol, for faults.
    """

    path: str
    read: Callable[[Call], Document] | None = None
    raw: Callable[[Call], Response] | None = None
    writes: Mapping[str, Write] = field(default_factory=dict)
    open: bool = False
    right: Right = Right.LOGIN
    step: Step = Step.OTHER_HTTP

    @property
    def allow(self) -> str:
        """What the header Allow says here."""
        reads = ("GET", "HEAD") if self.read or self.raw else ()
        return ", ".join((*reads, *self.writes, "OPTIONS"))


_V1: Final = "/redfish/v1"
_SYSTEM: Final = f"{_V1}/Systems/{{system}}"
_MANAGER: Final = f"{_V1}/Managers/{{manager}}"
_CHASSIS: Final = f"{_V1}/Chassis/{{chassis}}"
_SESSIONS: Final = f"{_V1}/SessionService/Sessions"
_ACCOUNTS: Final = f"{_V1}/AccountService"
_TASKS: Final = f"{_V1}/TaskService"

_COMPONENTS = Right.CONFIGURE_COMPONENTS
_POST_RESET: Final[dict[str, Write]] = {"POST": (_COMPONENTS, system.reset)}

ROUTES: Final = (
    Route("/redfish", root.versions, open=True, step=Step.SERVICE_ROOT),
    Route(_V1, root.service_root, open=True, step=Step.SERVICE_ROOT),
    Route(f"{_V1}/odata", root.odata, open=True, step=Step.SERVICE_ROOT),
    Route(f"{_V1}/$metadata", raw=lambda _: root.metadata(), open=True, step=Step.SERVICE_ROOT),
    Route(f"{_V1}/Systems", system.systems),
    Route(_SYSTEM, system.system, writes={"PATCH": (_COMPONENTS, system.change)}, step=Step.GET_SYSTEM),
    Route(f"{_SYSTEM}/ResetActionInfo", system.action_info),
    Route(f"{_SYSTEM}/Actions/{system.RESET}", writes=_POST_RESET, step=Step.RESET),
    Route(f"{_V1}/Managers", manager.managers),
    Route(_MANAGER, manager.manager),
    Route(f"{_MANAGER}/ResetActionInfo", manager.manager_action_info),
    Route(
        f"{_MANAGER}/Actions/{manager.MANAGER_RESET}",
        writes={"POST": (Right.CONFIGURE_MANAGER, manager.reset_manager)},
    ),
    Route(f"{_V1}/Chassis", manager.all_chassis),
    Route(_CHASSIS, manager.chassis),
    Route(f"{_CHASSIS}/ResetActionInfo", manager.chassis_action_info),
    Route(
        f"{_CHASSIS}/Actions/{manager.CHASSIS_RESET}",
        writes={"POST": (_COMPONENTS, manager.reset_chassis)},
        step=Step.RESET,
    ),
    Route(f"{_V1}/SessionService", accounts.session_service),
    Route(_SESSIONS, accounts.sessions, writes={"POST": (None, accounts.log_in)}, step=Step.LOGIN),
    # Clients may log in at Members just as well (DSP0266, 7.10 POST).
    Route(f"{_SESSIONS}/Members", writes={"POST": (None, accounts.log_in)}, step=Step.LOGIN),
    Route(
        f"{_SESSIONS}/{{session}}",
        accounts.session,
        writes={"DELETE": (Right.CONFIGURE_SELF, accounts.log_out)},
        step=Step.LOGIN,
    ),
    Route(_ACCOUNTS, accounts.account_service),
    Route(f"{_ACCOUNTS}/Accounts", accounts.accounts),
    Route(f"{_ACCOUNTS}/Accounts/{{account}}", accounts.account),
    Route(f"{_ACCOUNTS}/Roles", accounts.roles),
    Route(f"{_ACCOUNTS}/Roles/{{role}}", accounts.role),
    Route(_TASKS, tasks.service),
    Route(f"{_TASKS}/Tasks", tasks.tasks, step=Step.TASK),
    Route(f"{_TASKS}/Tasks/{{task}}", tasks.task, step=Step.TASK),
    Route(f"{_TASKS}/TaskMonitors/{{task}}", raw=tasks.monitor, step=Step.TASK),
    Route(f"{_V1}/Registries", registries.registries),
    Route(f"{_V1}/Registries/Base", registries.file),
    Route(f"{_V1}/Registries/Base/Base", registries.registry),
)

_BY_LENGTH: Final[dict[int, list[tuple[tuple[str, ...], Route]]]] = {}
for _route in ROUTES:
    _parts = tuple(_route.path.split("/"))
    _BY_LENGTH.setdefault(len(_parts), []).append((_parts, _route))


def find(path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the first route that a path fits, with what stands for its names; None where none does."""
    parts = path.split("/")
    for pattern, route in _BY_LENGTH.get(len(parts), ()):
        names: dict[str, str] = {}
        for wanted, part in zip(pattern, parts, strict=True):
            if wanted.startswith("{"):
                names[wanted[1:-1]] = part
            elif wanted != part:
                break
        else:
            return route, names
    return None
