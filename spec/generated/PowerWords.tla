--------------------------------- MODULE PowerWords ----------------------------------
\* Made from spec/power.yaml by scripts/generate; change that and run it again.

NodeStates == {"unknown", "ready", "powering-on", "on", "powering-off", "off", "cancelling", "quarantined", "error"}
DriveStates == {"fencing", "quarantined", "settling", "opening", "recording", "checking", "marking", "commanding", "reading", "closing", "resting", "giving-up", "withdrawing", "done", "failed", "withdrawn"}
AllAsks == {"on", "off", "ready", "soft-off", "cycle", "reset"}
AllRankings == {"off-outranks-on", "latest-wins"}

InitialState == "unknown"
FirstPhase == "fencing"

Rests(state) == state \in {"unknown", "ready", "on", "off", "error"}
IsLeaving(phase) == phase \in {"giving-up", "withdrawing"}
IsFinal(phase) == phase \in {"done", "failed", "withdrawn"}
Declares(state) ==
    CASE state = "ready" -> "off"
    [] state = "on" -> "on"
    [] state = "off" -> "off"
    [] OTHER -> "none"

\* What is in play and is one of these is cancelled; all else waits for it.
Outranked(ranking, ask) ==
    CASE ranking = "off-outranks-on" /\ ask = "off" -> {"on", "soft-off", "cycle", "reset"}
    [] ranking = "off-outranks-on" /\ ask = "ready" -> {"on", "soft-off", "cycle", "reset"}
    [] ranking = "off-outranks-on" /\ ask = "soft-off" -> {"on", "cycle", "reset"}
    [] ranking = "latest-wins" /\ ask = "on" -> {"off", "ready", "soft-off", "cycle", "reset"}
    [] ranking = "latest-wins" /\ ask = "off" -> {"on", "ready", "soft-off", "cycle", "reset"}
    [] ranking = "latest-wins" /\ ask = "ready" -> {"on", "off", "soft-off", "cycle", "reset"}
    [] ranking = "latest-wins" /\ ask = "soft-off" -> {"on", "off", "ready", "cycle", "reset"}
    [] ranking = "latest-wins" /\ ask = "cycle" -> {"on", "off", "ready", "soft-off", "reset"}
    [] ranking = "latest-wins" /\ ask = "reset" -> {"on", "off", "ready", "soft-off", "cycle"}
    [] OTHER -> {}
Outranks(ranking, ask, other) == other \in Outranked(ranking, ask)
======================================================================================
