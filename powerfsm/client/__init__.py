"""The daemon from Python: a client for its HTTP API, for trio.

    async with Client("http://127.0.0.1:8623", token=token) as client:
        operations = await client.power("r1n[01-40]", Ask.ON)
        async for operation in client.as_they_end(operations):
            print(operation.node, operation.status, operation.reason)

Answers are frozen dataclasses in the words of the API (`answers`), errors say what happened and what to do
(`errors`).  What each request means is written in `docs/api.md`.
"""

from powerfsm.client.answers import (
    Added,
    Changed,
    Entry,
    Node,
    OpenSession,
    Operation,
    Outstanding,
    Policy,
    Readiness,
    Recovery,
    Version,
)
from powerfsm.client.asking import DEFAULT_URL
from powerfsm.client.client import Client, PowerRequest
from powerfsm.client.errors import ClientError, DaemonUnreachable, ProblemError, UnexpectedAnswer
from powerfsm.client.stream import EventStream, StreamEnded
from powerfsm.client.waiting import Ends

__all__ = [
    "DEFAULT_URL",
    "Added",
    "Changed",
    "Client",
    "ClientError",
    "DaemonUnreachable",
    "Ends",
    "Entry",
    "EventStream",
    "Node",
    "OpenSession",
    "Operation",
    "Outstanding",
    "Policy",
    "PowerRequest",
    "ProblemError",
    "Readiness",
    "Recovery",
    "StreamEnded",
    "UnexpectedAnswer",
    "Version",
]
