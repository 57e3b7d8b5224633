"""Whoever listens to a story hears all of it."""

from inspect import getmembers, isclass

from powerfsm.simulation import record
from powerfsm.simulation.judge.listener import HEARD_BY


def test_every_kind_of_happening_is_told() -> None:
    kinds = {kind for _, kind in getmembers(record, isclass) if issubclass(kind, record.Happening)}
    assert HEARD_BY.keys() == kinds - {record.Happening}
