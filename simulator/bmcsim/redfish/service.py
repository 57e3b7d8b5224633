"""The Redfish service of one BMC: a request in, at most one response out.

No sockets and no clock, as in `Bmc`: whoever carries requests says when.
"""

from dataclasses import replace
from hashlib import blake2b
from typing import Final

from bmcsim.bmc import Bmc
from bmcsim.dice import Dice
from bmcsim.faults import Point, Step, login
from bmcsim.machine import Change
from bmcsim.profile import User
from bmcsim.redfish import queries
from bmcsim.redfish.access import Caller, Right, basic_credentials, role_of
from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Request, Response
from bmcsim.redfish.illness import strike
from bmcsim.redfish.messages import Refused, shown
from bmcsim.redfish.routes import Route, find
from bmcsim.redfish.tasks import Tasks
from bmcsim.redfish.websessions import WebSession, WebSessions
from bmcsim.sessions import ClosedBy

_ODATA_VERSION: Final = "4.0"
_CHALLENGE: Final = 'Basic realm="bmc"'
_READS: Final = frozenset({"GET", "HEAD"})
_LONGEST_PATH: Final = 100
_LONGEST_METHOD: Final = 16
_POINTS: Final = (Point.ARRIVING, Point.LIFE, Point.HTTP, Point.LEAVING)


class Service:
    """The Redfish service of one BMC.

    Attributes:
        bmc: Whose it is.
        sessions: The sessions that are open.
        tasks: The tasks that it remembers.
    """

    __slots__ = ("bmc", "sessions", "tasks")

    def __init__(self, bmc: Bmc) -> None:
        """Open this door of `bmc`; the same BMC gives the same tokens."""
        ways = bmc.profile.redfish
        self.bmc = bmc
        # The GUID comes from the fleet's seed; IPMI's own dice are not touched.
        dice = Dice(int.from_bytes(bmc.guid, "big"), bmc.name, "redfish")
        self.sessions = WebSessions(ways.sessions, ways.session_timeout, bmc.agenda, dice, self._session_closed)
        self.tasks = Tasks(ways.tasks, ways.task_limit, bmc.agenda)
        bmc.witness = self

    def respond(self, request: Request, now: float) -> Response | None:
        """Take a request and return the response to it, or None where the BMC is silent.

        Args:
            request: Anything.
            now: When, in seconds; never less than before.
        """
        self.bmc.agenda.run(now)
        if not self.bmc.answering:
            return None
        found = find(request.path)
        route, names = found or (None, {})
        call = Call(self, request, now, names=names)
        step = Step.OTHER_HTTP if route is None else route.step
        answered = self.bmc.work(now)
        if self.bmc.faults.concern(self.bmc.name, *_POINTS):
            ill = strike(self.bmc, step, now)
            if ill is None:
                return None
            call.ill = ill.task
            response = ill.answer(lambda: self._answer(call, route), self.bmc.faults.dice(self.bmc.name))
        else:
            response = self._answer(call, route)
        if answered > now:
            response.delivery = replace(response.delivery, after=response.delivery.after + answered - now)
        self.report(
            call,
            "request",
            method=request.method[:_LONGEST_METHOD],
            path=request.path.encode("ascii", "replace").decode()[:_LONGEST_PATH],
            status=response.status,
        )
        response.headers.setdefault("OData-Version", _ODATA_VERSION)
        response.headers.setdefault("Cache-Control", "no-cache")
        if response.status not in (204, 304):
            # RFC 9110, 8.6: never with 204, and 304 has no body to measure.
            response.headers["Content-Length"] = str(len(response.body))
        if request.method == "HEAD":
            response.body = b""
        return response

    def account(self, name: str, password: str, now: float) -> tuple[int, User | None]:
        """Return number and account of a user, or 0 and None where name or password are wrong."""
        if not name:
            return 0, None
        user_id, user = login.account(self.bmc, name.encode(errors="replace"), self.bmc.user, Step.LOGIN, now)
        return (user_id, user) if user is not None and user.password == password else (0, None)

    def report(self, call: Call, event: str, **fields: object) -> None:
        """Put an event into the log, with the session that the call came in."""
        session = None if call.caller is None or call.caller.session is None else call.caller.session.number
        self.bmc.report(call.now, event, **fields, session=session, door="redfish")

    def changed(self, change: Change) -> None:
        """Hear what has happened to the machine."""
        self.tasks.changed(change)

    def crashed(self, now: float) -> None:
        """Hear that the BMC has lost all that it knew."""
        self.sessions.close_all(ClosedBy.CRASH, now)
        self.tasks.forget()

    def _session_closed(self, session: WebSession, by: ClosedBy, now: float) -> None:
        self.bmc.report(now, "session-closed", session=session.number, by=by.value, door="redfish")

    def _answer(self, call: Call, route: Route | None) -> Response:
        try:
            version = call.request.header("odata-version")
            if version not in ("", _ODATA_VERSION):
                raise Refused(412, "HeaderInvalid", "OData-Version")
            if route is None or not self._is_open(route, call.request.method):
                call.caller = self._caller(call)
            if route is None:
                raise Refused(404, "ResourceMissingAtURI", shown(call.request.path))
            method = call.request.method
            if method in _READS and (route.read is not None or route.raw is not None):
                return self._read(call, route)
            if method in route.writes:
                return self._write(call, route)
            if method == "OPTIONS":
                return Response(204, {"Allow": route.allow})
            raise Refused(405, "OperationNotAllowed", allow=route.allow)
        except Refused as refused:
            if refused.status == 401:
                refused.headers.setdefault("www_authenticate", _CHALLENGE)
            return refused.response()

    def _is_open(self, route: Route, method: str) -> bool:
        """Return whether nobody has to be known for this."""
        return route.open or (method in route.writes and route.writes[method][0] is None)

    def _caller(self, call: Call) -> Caller:
        """Return who has sent a request."""
        token = call.request.header("x-auth-token")
        if token:
            session = self.sessions.use(token, call.now)
            role = None if session is None else role_of(session.user)
            if session is None or role is None:
                raise Refused(401, "NoValidSession")
            return Caller(session.user, session.user_id, role, session)
        given = basic_credentials(call.request) if self.bmc.profile.redfish.basic else None
        if given is None:
            raise Refused(401, "NoValidSession")
        user_id, user = self.account(*given, call.now)
        role = None if user is None else role_of(user)
        if user is None or role is None:
            self.report(call, "refused", what="login", code="401")
            path = shown(call.request.path)
            raise Refused(401, "ResourceAtUriUnauthorized", path, "the name or the password is wrong")
        return Caller(user, user_id, role)

    def _read(self, call: Call, route: Route) -> Response:
        self._permit(call, route.right, route)
        if route.raw is not None:
            return route.raw(call)
        self._acceptable(call)
        assert route.read is not None
        document = queries.apply(call.request, route.read(call), lambda path: self._fetch(call, path))
        response = Response.of(200, document)
        tag = _etag(response.body)
        if _matches(call.request.header("if-none-match"), tag):
            return Response(304, {"ETag": tag})
        response.headers["ETag"] = tag
        response.headers["Allow"] = route.allow
        return response

    def _fetch(self, call: Call, path: str) -> Document | None:
        """Return another resource, for the one who asks for this; None where they may not read it."""
        route, names = find("/" + path.strip("/")) or (None, {})
        if route is None or route.read is None:
            return None
        inner = Call(self, call.request, call.now, call.caller, names)
        try:
            self._permit(inner, route.right, route)
            return route.read(inner)
        except Refused:
            return None

    def _write(self, call: Call, route: Route) -> Response:
        right, run = route.writes[call.request.method]
        if right is not None:
            self._permit(call, right, None)
        wanted = call.request.header("if-match")
        if call.request.method == "PATCH" and route.read is not None:
            if not wanted and call.ways.wants_if_match:
                raise Refused(428, "PreconditionRequired")
            if wanted and not _matches(wanted, _etag(Response.of(200, route.read(call)).body)):
                raise Refused(412, "PreconditionFailed")
        return run(call)

    def _permit(self, call: Call, right: Right, route: Route | None) -> None:
        if route is not None and route.open:
            return
        if call.caller is None or not call.caller.may(right):
            raise Refused(403, "InsufficientPrivilege")

    def _acceptable(self, call: Call) -> None:
        """Refuse a client that does not take JSON (RFC 9110, 12.5.1)."""
        accept = call.request.header("accept")
        kinds = {kind.partition(";")[0].strip().lower() for kind in accept.split(",")}
        if accept and not kinds & {"application/json", "application/*", "*/*"}:
            raise Refused(406, "HeaderInvalid", "Accept")


def _etag(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=8).hexdigest()}"'


def _matches(header: str, tag: str) -> bool:
    """Return whether a list of entity tags has this one; weak ones count, as clients write them so."""
    return any(one.strip().removeprefix("W/") in ("*", tag) for one in header.split(",")) if header else False
