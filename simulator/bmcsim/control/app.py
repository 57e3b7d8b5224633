"""The routes of the control API."""

from typing import Annotated, Any, cast

from fastapi import Body, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic_core import ErrorDetails
from starlette.responses import Response

from bmcsim.control import metrics
from bmcsim.control.answers import (
    ActionAnswer,
    ActionBody,
    FaultAnswer,
    HealthAnswer,
    MistakeAnswer,
    NodeAnswer,
    NodeInFullAnswer,
)
from bmcsim.control.gate import Gate
from bmcsim.control.stream import EventStream
from bmcsim.deeds import do
from bmcsim.events import Event
from bmcsim.faults import FaultError, Rule
from bmcsim.fleet import Fleet, expand
from bmcsim.scenario.reading import say
from bmcsim.scenario.rules import RuleField, rule_schema, written_rule
from bmcsim.tally import Tally

_ABOUT = """
See and change a fleet of simulated BMCs while it runs. Nodes are named by hostlists such as `n[1-10]`; faults are
written as in a scenario file. A refusal has `detail`: what is wrong, and what would be right.
"""

_REFUSED: dict[int | str, dict[str, Any]] = {
    404: {"model": MistakeAnswer, "description": "There is no such thing."},
    422: {"model": MistakeAnswer, "description": "The request makes no sense."},
}


def control_app(fleet: Fleet, tally: Tally, token: str | None = None) -> FastAPI:
    """Return the control API of a fleet, as an ASGI application for a trio server.

    Args:
        fleet: Whom it shows and changes.
        tally: What the fleet's events pass through.
        token: What callers have to bring; None is nothing, and then they have to come from this machine.
    """
    app = FastAPIOffline(
        title="bmcsim",
        description=_ABOUT,
        version="1",
        redoc_url=None,
        static_url="/docs-assets",
        redirect_slashes=False,
        responses=_REFUSED,
    )
    _Routes(fleet, tally).install(app)
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_middleware(Gate, token=token)
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    """Tell all that is wrong with a request in one text; what may be a secret is not repeated."""
    assert isinstance(error, RequestValidationError)
    schema = rule_schema() if request.url.path == "/faults" else ActionBody.model_json_schema(by_alias=True)
    told = [say(cast("ErrorDetails", {**each, "loc": tuple(each["loc"][1:])}), schema) for each in error.errors()]
    return JSONResponse({"detail": "; ".join(told)}, 422)


class _Routes:
    """What is asked, and of whom."""

    def __init__(self, fleet: Fleet, tally: Tally) -> None:
        self._fleet = fleet
        self._tally = tally
        self._metrics = metrics.Metrics(fleet, tally)
        self._rules: dict[int, Rule] = {}
        self._numbered = 0

    def install(self, app: FastAPI) -> None:
        app.get("/health")(self.health)
        app.get("/metrics", response_class=Response)(self.metrics)
        app.get("/nodes")(self.nodes)
        app.get("/nodes/{name}")(self.node)
        app.post("/actions")(self.act)
        app.get("/faults")(self.faults)
        app.post("/faults", status_code=201)(self.add_fault)
        app.delete("/faults/{number}", status_code=204)(self.remove_fault)
        app.get("/events", response_class=Response)(self.events)

    async def health(self) -> HealthAnswer:
        """It runs."""
        return HealthAnswer(status="ok", bmcs=len(self._fleet), events=self._tally.number)

    async def metrics(self) -> Response:
        """Counts, in Prometheus' text format."""
        return Response(self._metrics.text(), media_type=metrics.CONTENT_TYPE)

    async def nodes(
        self, nodes: Annotated[str | None, Query(description="A hostlist; without it all.")] = None
    ) -> list[NodeAnswer]:
        """Nodes, in the order of the scenario."""
        names = None if nodes is None else set(self._names(nodes))
        return [NodeAnswer.of(self._fleet, bmc) for bmc in self._fleet if names is None or bmc.name in names]

    async def node(self, name: str) -> NodeInFullAnswer:
        """One node, with its sessions."""
        (known,) = self._names(name)[:1]
        return NodeInFullAnswer.of(self._fleet, self._fleet[known])

    async def act(self, action: ActionBody) -> ActionAnswer:
        """Press power buttons, pull plugs, reboot BMCs, and let machines drift."""
        names = self._names(action.nodes)
        now = self._fleet.clock()
        for name in names:
            do(self._fleet, name, action.do, now, lasting=action.lasting)
        self._fleet.finish()
        return ActionAnswer(do=action.do, nodes=names, t=round(now, 6))

    async def faults(self) -> list[FaultAnswer]:
        """The rules in force, in the order in which they are tried."""
        return [self._answer(rule) for rule in self._fleet.faults]

    async def add_fault(self, rule: Annotated[RuleField, Body()]) -> FaultAnswer:
        """Put a rule in force; written as in a scenario file."""
        try:
            self._fleet.faults.add(rule)
        except FaultError as error:
            raise HTTPException(422, str(error)) from None
        return self._answer(rule)

    async def remove_fault(self, number: int) -> None:
        """Take a rule out of force; what it has done stays done."""
        for rule in self._fleet.faults:
            if self._number(rule) == number:
                self._fleet.faults.remove(rule)
                del self._rules[number]
                return
        raise HTTPException(404, f"no rule with id {number} is in force; GET /faults lists those that are")

    async def events(
        self,
        after: Annotated[int | None, Query(ge=0, description="Only those after this number.")] = None,
        nodes: Annotated[str | None, Query(description="Only of these: a hostlist.")] = None,
        event: Annotated[list[str] | None, Query(description="Only events of this name; may be repeated.")] = None,
        follow: Annotated[bool, Query(description="Go on with those to come.")] = False,
    ) -> Response:
        """What happened, as JSON lines with numbers; the last few thousand are kept."""
        names = None if nodes is None else frozenset(self._names(nodes))

        def wanted(one: Event) -> bool:
            return (names is None or one["node"] in names) and (event is None or one["event"] in event)

        first = next((number for number, _ in self._tally.since(0)), 1) - 1
        return EventStream(self._tally, first if after is None else after, wanted, follow=follow)

    def _names(self, hostlist: str) -> list[str]:
        try:
            names = expand(hostlist)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        unknown = [name for name in names if name not in self._fleet]
        if unknown:
            raise HTTPException(404, f"there is no node {unknown[0]} in this fleet; GET /nodes lists them")
        return names

    def _number(self, rule: Rule) -> int:
        for number, known in self._rules.items():
            if known is rule:
                return number
        self._numbered += 1
        self._rules[self._numbered] = rule
        return self._numbered

    def _answer(self, rule: Rule) -> FaultAnswer:
        struck = self._fleet.faults.struck(rule)
        return FaultAnswer.model_validate({"id": self._number(rule), "rule": written_rule(rule), "struck": struck})
