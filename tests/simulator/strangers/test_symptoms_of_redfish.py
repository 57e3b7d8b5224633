"""Each fault of Redfish shows in a client that nobody here wrote as its users tell it."""

import pytest

from bmcsim import Span
from bmcsim.faults import CATALOGUE, Point
from bmcsim.faults.http import (
    HttpClosed,
    HttpHalfBody,
    HttpSlow,
    HttpStatus,
    HttpTimeout,
    HttpUnavailable,
    TaskFailed,
    TaskStuck,
)
from bmcsim.pytest_plugin.factory import BmcFleets
from symptoms import Pass, Symptom, python, redfishtool

RESET = ("reset",)
READ = ("get-system",)

# OpenStack's client, as Ironic uses it, but for its repeating everything for half a minute.
SUSHY = """
import sys
import sushy
from sushy import exceptions
url, user, password = sys.argv[3:]
root = sushy.Sushy(url, username=user, password=password, server_side_retries=1, server_side_retries_delay=0)
system = root.get_system(root.get_system_collection().members_identities[0])
try:
    system.reset_system(sushy.RESET_ON)
except exceptions.HTTPError as error:
    print(type(error).__name__, error.status_code)
    sys.exit(1)
system.refresh(force=True)
print(system.power_state)
"""

# DMTF's client; it tries a request that broke off twice.
DMTF = """
import sys
import redfish
url, user, password = sys.argv[3:]
client = redfish.redfish_client(base_url=url, username=user, password=password, timeout=1, max_retry=1)
client.login(auth="session")
(system,) = client.get("/redfish/v1/Systems").dict["Members"]
path = system["@odata.id"]
try:
    answer = client.post(path + "/Actions/ComputerSystem.Reset", body={"ResetType": "On"})
    print("reset", answer.status)
    if answer.is_processing:
        print("task", client.get(answer.dict["@odata.id"]).dict["TaskState"])
    print("power", client.get(path).dict["PowerState"])
except redfish.rest.v1.RetriesExhaustedError as error:
    print(type(error).__name__, error.__cause__)
    sys.exit(1)
finally:
    client.logout()
"""

SYMPTOMS = [
    Symptom(
        "sushy raises on 409, and ON is not done",
        HttpStatus(code=409),
        (
            python("sushy", SUSHY, says="HTTPError 409", code=1),
            redfishtool("Systems", "reset", "On", says="409", code=5),
            python("redfish", DMTF, says="reset 409\npower Off"),
        ),
        steps=RESET,
    ),
    Symptom(
        "sushy tries 500 again, which a reset survives",
        HttpStatus(code=500),
        (python("sushy", SUSHY, says="PowerState.ON"),),
        steps=READ,
        times=1,
        accepted=("on",),
    ),
    Symptom(
        "redfishtool gives up at 503, whatever Retry-After says",
        HttpUnavailable(),
        (redfishtool("Systems", "-F", says="503", code=5),),
        steps=READ,
    ),
    Symptom(
        "the client's own timeout",
        HttpTimeout(),
        (python("redfish", DMTF, says="RetriesExhaustedError .*Read timed out", code=1),),
        steps=READ,
        accepted=("on",),
    ),
    Symptom(
        "IncompleteRead, after the request was carried out",
        HttpHalfBody(),
        (python("redfish", DMTF, says="RetriesExhaustedError .*IncompleteRead", code=1),),
        steps=READ,
        accepted=("on",),
    ),
    Symptom(
        "Remote end closed connection without response",
        HttpClosed(),
        (python("redfish", DMTF, says="RetriesExhaustedError .*Remote end closed connection", code=1),),
        steps=READ,
    ),
    Symptom(
        "a program with a fixed timeout fails",
        HttpSlow(by=Span.of(3600)),
        (python("redfish", DMTF, says="RetriesExhaustedError .*Read timed out", code=1),),
        steps=READ,
        accepted=("on",),
    ),
    Symptom(
        "the power is on, and the task runs for ever",
        TaskStuck(),
        (
            python("redfish", DMTF, says="reset 202\ntask Running\npower On"),
            Pass(3600),
            redfishtool("raw", "GET", "/redfish/v1/TaskService/Tasks/1", says='"TaskState": "Running"'),
        ),
        accepted=("on",),
    ),
    Symptom(
        "202 first, and sushy calls it done while the machine stays off",
        TaskFailed(),
        (
            python("sushy", SUSHY, says="PowerState.OFF"),
            python("redfish", DMTF, says="reset 202\ntask Exception\npower Off"),
        ),
    ),
]


@pytest.mark.stranger
@pytest.mark.parametrize("symptom", SYMPTOMS, ids=str)
def test_a_stranger_shows(symptom: Symptom, fleets: BmcFleets) -> None:
    symptom.shown(fleets)


def test_no_fault_of_redfish_is_without_a_symptom() -> None:
    shown = {type(symptom.fault) for symptom in SYMPTOMS}
    assert {kind for kind in CATALOGUE.values() if kind.point is Point.HTTP} == shown
