"""Power actions: objects with a `cancel()`, each one drive or more towards what was asked."""

from powerfsm.actions.action import Action
from powerfsm.actions.ledger import Facts, Ledger
from powerfsm.actions.workshop import Workshop

__all__ = ["Action", "Facts", "Ledger", "Workshop"]
