"""Whoever listens to a story hears all of it."""

from powerfsm.simulation.judge.listener import HEARD_BY
from powerfsm.simulation.record import Happening


def test_every_kind_of_happening_is_told() -> None:
    assert HEARD_BY.keys() == set(Happening.__subclasses__())
