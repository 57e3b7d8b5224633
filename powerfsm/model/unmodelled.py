"""What the model takes for granted, and what it leaves out: said with every check, and held by docs/model.md."""

ASSUMED = (
    "A BMC that has answered a Close Session, or has dropped a session, takes nothing more in that session.",
    "A datagram lives no longer than packet-lifetime; a BMC keeps an idle session no longer than idle-limit.",
    "A BMC acts on an accepted command within settle; on a soft-off within soft-settle, or never.",
    "An operating system that is gone (the power went off) does nothing more about a soft-off.",
    "What is on disk stays there, and a commit is there whole or not at all.",
    "Nobody meddles with a node (a button, an outage, a wrong reading) while a soft-off may still act on it.",
)
"""The times among them are settings, and can be wrong for some hardware."""

NOT_MODELLED = (
    "Time: a time-out can strike whenever it likes; settle and quarantine are what they are there to wait for.",
    "More than one latched command per BMC: of two that are latched the later one is acted on.",
    "More than three sessions per node at once, and BMCs that give the id of a session on record to a new one.",
    "Limits per chassis and per rack, and the daemon's orderly end: a crash at the same instant does worse.",
    "A mark (of a reset) that is taken back and not yet on disk.",
    "Wrong passwords, wrong packets and everything else that the codec refuses: tests of powerfsm/ipmi see to it.",
    "Redfish, and BMCs that carry out a command in a session that they have closed.",
    "More than one daemon on a store: that is a model of its own (docs/two-daemons.md).",
)
