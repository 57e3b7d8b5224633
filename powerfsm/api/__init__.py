"""The HTTP API: what a daemon can be asked, by whom, and in what shape it answers."""

from powerfsm.api.app import create_app

__all__ = ["create_app"]
