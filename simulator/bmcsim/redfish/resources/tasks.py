"""TaskService, its tasks and their monitors (DSP0266, 12.2; DSP0268, Task)."""

from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Response
from bmcsim.redfish.messages import Refused, shown, told
from bmcsim.redfish.moments import moment
from bmcsim.redfish.resources.documents import HEALTHY, ROOT, collection, link, resource
from bmcsim.redfish.resources.root import versioned
from bmcsim.redfish.tasks import Task, TaskState

_PATH = f"{ROOT}/TaskService"


def service(call: Call) -> Document:
    return {
        **resource(_PATH, versioned("TaskService"), "TaskService", "Task Service"),
        "ServiceEnabled": True,
        "CompletedTaskOverWritePolicy": "Oldest",
        "DateTime": moment(call.now),
        "LifeCycleEventOnTaskStateChange": False,
        "Status": HEALTHY,
        "Tasks": link(f"{_PATH}/Tasks"),
    }


def tasks(call: Call) -> Document:
    return collection(
        f"{_PATH}/Tasks", "TaskCollection", "Task Collection", [_path(one) for one in call.service.tasks]
    )


def task(call: Call) -> Document:
    return _document(_wanted(call))


def monitor(call: Call) -> Response:
    """Return 202 while a task runs, and then what its operation would have been answered (12.2)."""
    found = _wanted(call)
    if found.state is TaskState.RUNNING:
        return accepted(call, found)
    if found.state is TaskState.COMPLETED:
        return Response(204)
    return told(500, *found.messages)


def accepted(call: Call, one: Task) -> Response:
    """Answer to an operation that goes on as a task."""
    response = Response.of(202, _document(one), location=_monitor_path(one))
    if call.ways.retry_after:
        response.headers["Retry-After"] = str(call.ways.retry_after)
    return response


def _wanted(call: Call) -> Task:
    found = call.service.tasks.get(call.names["task"])
    if found is None:
        raise Refused(404, "ResourceMissingAtURI", shown(call.request.path))
    return found


def _path(one: Task) -> str:
    return f"{_PATH}/Tasks/{one.number}"


def _monitor_path(one: Task) -> str:
    return f"{_PATH}/TaskMonitors/{one.number}"


def _document(one: Task) -> Document:
    found = {
        **resource(_path(one), versioned("Task"), str(one.number), f"Task {one.number}"),
        "Description": f"Reset: {one.reset}",
        "TaskState": one.state.value,
        "TaskStatus": "Critical" if one.state is TaskState.EXCEPTION else "OK",
        "PercentComplete": 0 if one.state is TaskState.RUNNING else 100,
        "StartTime": moment(one.started),
        "Messages": [message.document() for message in one.messages],
        "Payload": {
            "HttpOperation": "POST",
            "TargetUri": one.target,
            "JsonBody": f'{{"ResetType": "{one.reset}"}}',
            "HttpHeaders": [],
        },
    }
    if one.state is TaskState.RUNNING:
        found["TaskMonitor"] = _monitor_path(one)
    if one.ended is not None:
        found["EndTime"] = moment(one.ended)
    return found
