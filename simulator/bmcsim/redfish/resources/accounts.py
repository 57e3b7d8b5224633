"""SessionService and AccountService: who is there, and who may be (DSP0268, Session and ManagerAccount)."""

from collections.abc import Iterator
from typing import Any

from bmcsim.accounts import MOST
from bmcsim.profile import User
from bmcsim.redfish.access import RIGHTS, Caller, Right, Role, role_of
from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Response
from bmcsim.redfish.messages import Refused, shown
from bmcsim.redfish.moments import moment
from bmcsim.redfish.resources.documents import HEALTHY, ROOT, collection, link, resource
from bmcsim.redfish.resources.root import versioned
from bmcsim.redfish.websessions import WebSession
from bmcsim.sessions import ClosedBy

_SESSIONS = f"{ROOT}/SessionService"
_ACCOUNTS = f"{ROOT}/AccountService"


def session_service(call: Call) -> Document:
    return {
        **resource(_SESSIONS, versioned("SessionService"), "SessionService", "Session Service"),
        "ServiceEnabled": True,
        "SessionTimeout": int(call.service.sessions.timeout),
        "Status": HEALTHY,
        "Sessions": link(f"{_SESSIONS}/Sessions"),
    }


def sessions(call: Call) -> Document:
    paths = [_path(one) for one in call.service.sessions]
    return collection(f"{_SESSIONS}/Sessions", "SessionCollection", "Session Collection", paths)


def session(call: Call) -> Document:
    return _document(_wanted(call))


def log_in(call: Call) -> Response:
    """Open a session (DSP0266, 13.2.4.2 Session login)."""
    document = call.document()
    name, password = (_text(document, key) for key in ("UserName", "Password"))
    user_id, user = call.service.account(name, password, call.now)
    role = None if user is None else role_of(user)
    if user is None or role is None:
        call.service.report(call, "refused", what="login", code="401")
        path = shown(call.request.path)
        raise Refused(401, "ResourceAtUriUnauthorized", path, "the name or the password is wrong")
    opened = call.service.sessions.begin(user, user_id, call.request.source, call.now)
    if opened is None:
        call.service.report(call, "refused", what="login", code="503")
        raise Refused(503, "SessionLimitExceeded")
    call.caller = Caller(user, user_id, role, opened)
    call.service.report(call, "session-opened", user=user.name)
    return Response.of(201, _document(opened), location=_path(opened), x_auth_token=opened.token)


def log_out(call: Call) -> Response:
    """End a session: one's own, or anybody's with the right to configure the manager."""
    found = _wanted(call)
    caller = call.caller
    assert caller is not None
    own = caller.session is found
    if not own and caller.user_id != found.user_id and not caller.may(Right.CONFIGURE_MANAGER):
        raise Refused(403, "InsufficientPrivilege")
    call.service.sessions.close(found, ClosedBy.OWN if own else ClosedBy.OTHER, call.now)
    return Response(204)


def account_service(_: Call) -> Document:
    return {
        **resource(_ACCOUNTS, versioned("AccountService"), "AccountService", "Account Service"),
        "ServiceEnabled": True,
        "MinPasswordLength": 0,
        "MaxPasswordLength": 20,
        "Status": HEALTHY,
        "Accounts": link(f"{_ACCOUNTS}/Accounts"),
        "Roles": link(f"{_ACCOUNTS}/Roles"),
    }


def accounts(call: Call) -> Document:
    found = [f"{_ACCOUNTS}/Accounts/{number}" for number, _, _ in _listed(call)]
    return collection(f"{_ACCOUNTS}/Accounts", "ManagerAccountCollection", "Manager Account Collection", found)


def account(call: Call) -> Document:
    """Return an account: one's own, or any with the right to configure users."""
    path = f"{_ACCOUNTS}/Accounts/{call.names['account']}"
    for number, user, role in _listed(call):
        if str(number) != call.names["account"]:
            continue
        assert call.caller is not None
        if call.caller.user_id != number and not call.caller.may(Right.CONFIGURE_USERS):
            raise Refused(403, "InsufficientPrivilege")
        return {
            **resource(path, versioned("ManagerAccount"), str(number), "User Account"),
            "UserName": user.name,
            "Password": None,
            "RoleId": role.value,
            "Enabled": user.enabled,
            "Locked": False,
            "AccountTypes": ["Redfish", "IPMI"],
            "Links": {"Role": link(f"{_ACCOUNTS}/Roles/{role}")},
        }
    raise Refused(404, "ResourceMissingAtURI", shown(call.request.path))


def roles(_: Call) -> Document:
    return collection(
        f"{_ACCOUNTS}/Roles", "RoleCollection", "Role Collection", [f"{_ACCOUNTS}/Roles/{role}" for role in Role]
    )


def role(call: Call) -> Document:
    name = call.names["role"]
    if name not in set(Role):
        raise Refused(404, "ResourceMissingAtURI", shown(call.request.path))
    return {
        **resource(f"{_ACCOUNTS}/Roles/{name}", versioned("Role"), name, f"{name} Role"),
        "RoleId": name,
        "IsPredefined": True,
        "AssignedPrivileges": [right.value for right in Right if right in RIGHTS[Role(name)]],
    }


def _listed(call: Call) -> Iterator[tuple[int, User, Role]]:
    """Yield the accounts that have a name and a role, with their numbers."""
    for number in range(1, MOST + 1):
        user = call.bmc.accounts[number]
        role = role_of(user)
        if user.name and role is not None:
            yield number, user, role


def _text(document: dict[str, Any], key: str) -> str:
    if key not in document:
        raise Refused(400, "CreateFailedMissingReqProperties", key, at=f"/{key}")
    value = document[key]
    if not isinstance(value, str):
        # What was sent may be a password of another type: it is not shown.
        raise Refused(400, "PropertyValueTypeError", "...", key, at=f"/{key}")
    return value


def _wanted(call: Call) -> WebSession:
    found = call.service.sessions.get(call.names["session"])
    if found is None:
        raise Refused(404, "ResourceMissingAtURI", shown(call.request.path))
    return found


def _path(one: WebSession) -> str:
    return f"{_SESSIONS}/Sessions/{one.id}"


def _document(one: WebSession) -> Document:
    return {
        **resource(_path(one), versioned("Session"), one.id, "User Session"),
        "UserName": one.user.name,
        "ClientOriginIPAddress": one.source[0],
        "CreatedTime": moment(one.opened),
        "SessionType": "Redfish",
    }
