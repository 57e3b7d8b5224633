------------------------------------ MODULE State ------------------------------------
(* What there is, as one record: the node as it stands on disk, the action as it      *)
(* stands in memory, the network, the BMC, and what an onlooker knows who sees all of *)
(* them.  The fields are those of state.pml, by the same names; one node, no more.    *)
(*                                                                                    *)
(* What changes the world is an operator that takes it and gives the one that         *)
(* follows; where more than one may follow, it gives the set of them.                 *)
(*                                                                                    *)
(* A session's number is given again once nothing anywhere refers to it, which no     *)
(* party can tell from its getting a new one; so runs of any length have finitely     *)
(* many states.  For the same reason operations are numbered 1 to 3.                  *)
EXTENDS Naturals, FiniteSets, PowerWords

CONSTANTS
    Kinds,          \* the misfortunes that may happen
    Luck,           \* how many of them, in all
    Asks,           \* what may be asked for
    Requests,       \* how many requests,
    Endless,        \* unless they never stop
    Slots,          \* sessions that the BMC keeps at once
    Latches,        \* whether it acts on a command some time after it has accepted it
    Sweeps,         \* whether a node at rest is read now and then
    Policy,         \* on drift: "flag", "adopt" or "enforce"
    Ranking         \* by its name in the spec

AllKinds == {
    "lose",         \* what is under way is lost
    "copy",         \* it arrives, and once more later: the network's doing, or a retransmission
    "late",         \* the daemon stops waiting although an answer may still come
    "refuse",       \* the BMC does not do what it is told
    "fail",         \* logging in or reading goes wrong
    "expire",       \* the operation's deadline is over
    "crash",        \* the daemon dies
    "button",       \* an operator presses the button
    "reboot",       \* the BMC starts anew: sessions, and what it had in mind, are gone
    "outage",       \* mains power goes and comes: the same, and its restore policy decides the power
    "lie",          \* a reading that is not so
    "impatient"}    \* the power is not as commanded for longer than patience

ASSUME Kinds \subseteq AllKinds
ASSUME Asks \subseteq AllAsks
ASSUME Luck \in Nat /\ Requests \in Nat /\ Slots \in Nat
ASSUME Endless \in BOOLEAN /\ Latches \in BOOLEAN /\ Sweeps \in BOOLEAN
ASSUME Policy \in {"flag", "adopt", "enforce"}
ASSUME Ranking \in AllRankings

May(w, kind) == w.luck > 0 /\ kind \in Kinds
Spend(w) == [w EXCEPT !.luck = @ - 1]

Sessions == 1..3
Operations == 1..3
Powers == {"on", "off"}
Commands == {"on", "off", "soft-off", "reset"}
Desires == {"on", "off", "ready"}
OrNone(words) == words \cup {"none"}

Worlds == [
    luck: Nat,                          \* misfortunes left
    requests: Nat,                      \* requests made

    \* On disk: what a crash leaves.
    st: NodeStates,
    desired: OrNone(Desires),
    observed: OrNone(Powers),
    drifted: BOOLEAN,
    play: OrNone(AllAsks),              \* the operation in play: what was asked,
    play_id: Operations \cup {0},       \* its number,
    play_leg: BOOLEAN,                  \* whether its first leg is behind it,
    play_mark: BOOLEAN,                 \* whether a command that must not be repeated may have been sent for it
    wait: OrNone(AllAsks),              \* the operation that waits
    wait_id: Operations \cup {0},
    record: SUBSET Sessions,            \* sessions on record
    off_record: SUBSET Sessions,        \* sessions closed in memory, and on record until the next commit
    carried: [Sessions -> OrNone(Commands)],        \* what each of them was opened for

    \* In memory: what follows from the last commit, and has not yet been done.
    answering: OrNone(Desires),         \* the requester is to be told this desired state
    starting: BOOLEAN,
    cancelling: BOOLEAN,

    \* In memory: the action.
    ph: OrNone(DriveStates),            \* phase of its drive
    leg: BOOLEAN,
    goal: OrNone(Powers),
    cmd: OrNone(Commands),              \* what it would send
    own: Sessions \cup {0},             \* its session, or 0
    sent: BOOLEAN,                      \* a command was sent in it
    accepted: BOOLEAN,
    spent: BOOLEAN,
    awaiting: BOOLEAN,                  \* something commanded is being waited for, so that patience can end
    told_to_end: BOOLEAN,               \* it was cancelled and has not noticed
    telling: OrNone({"fence-unanswered", "quarantine-over"}),   \* what it reports before it goes on
    closing: Sessions \cup {0},         \* the session whose Close Session is to be answered
    close_heard: BOOLEAN,
    command_heard: {"unsent", "nothing", "accepted", "refused"},
    sample: OrNone(Powers),             \* what the BMC read, on its way to the action
    quarantine: SUBSET Sessions,        \* sessions that could not be closed
    held: SUBSET Sessions,              \* sessions closed, and on record for the soft-off that they carried
    fence: OrNone(Powers),              \* where the last session that was fenced led; none: not known
    fence_soft: BOOLEAN,
    swept: OrNone(Powers),              \* what the BMC read, on its way to the sweep

    \* Between them: the sessions in which at least one datagram of a kind is under way.
    way: [Commands \cup {"close"} -> SUBSET Sessions],

    \* The BMC.
    power: Powers,
    latch: OrNone(Commands),            \* what it has accepted and has still to do
    open: SUBSET Sessions,              \* sessions that it keeps

    \* The onlooker.
    outstanding: SUBSET Operations,     \* operations that have begun and not ended
    ended_twice: BOOLEAN,
    crowded: BOOLEAN,                   \* an action was started beside another
    commanded: SUBSET Sessions,         \* sessions with a command neither answered, fenced nor quarantined
    carrying: SUBSET Sessions,          \* sessions in which a command was sent, until the BMC has closed them
    promised: OrNone(Desires),
    unasked: BOOLEAN,
    resets: 0..2,
    off_read: BOOLEAN,                  \* the off of the cycle in play was read
    cycled_twice: BOOLEAN,
    rejected: BOOLEAN,
    meddled: BOOLEAN,
    restarted: BOOLEAN,

    \* Within one step, and the same after each.
    asked: OrNone(AllAsks),             \* what is being asked for
    given: {0},                         \* the operation that the requester gets
    before: {{}},                       \* operations outstanding before this step
    takes_next: {FALSE},                \* the operation that waits is to be taken up in the same commit
    read_as: {"none"},                  \* the reading that is told
    transient: {FALSE},
    unsupported: {FALSE},
    patient: {FALSE}]

Beginning == [
    luck |-> Luck, requests |-> 0,
    st |-> InitialState, desired |-> "none", observed |-> "none", drifted |-> FALSE,
    play |-> "none", play_id |-> 0, play_leg |-> FALSE, play_mark |-> FALSE, wait |-> "none", wait_id |-> 0,
    record |-> {}, off_record |-> {}, carried |-> [s \in Sessions |-> "none"],
    answering |-> "none", starting |-> FALSE, cancelling |-> FALSE,
    ph |-> "none", leg |-> FALSE, goal |-> "none", cmd |-> "none", own |-> 0, sent |-> FALSE,
    accepted |-> FALSE, spent |-> FALSE, awaiting |-> FALSE, told_to_end |-> FALSE, telling |-> "none",
    closing |-> 0, close_heard |-> FALSE, command_heard |-> "unsent", sample |-> "none",
    quarantine |-> {}, held |-> {}, fence |-> "none", fence_soft |-> FALSE, swept |-> "none",
    way |-> [kind \in Commands \cup {"close"} |-> {}],
    power |-> "off", latch |-> "none", open |-> {},
    outstanding |-> {}, ended_twice |-> FALSE, crowded |-> FALSE, commanded |-> {}, carrying |-> {},
    promised |-> "none", unasked |-> FALSE, resets |-> 0, off_read |-> FALSE, cycled_twice |-> FALSE,
    rejected |-> FALSE, meddled |-> FALSE, restarted |-> FALSE,
    asked |-> "none", given |-> 0, before |-> {}, takes_next |-> FALSE, read_as |-> "none",
    transient |-> FALSE, unsupported |-> FALSE, patient |-> FALSE]

Lowest(set) == IF set = {} THEN 0 ELSE CHOOSE s \in set : \A other \in set : s <= other
Other(power) == IF power = "on" THEN "off" ELSE "on"
PowerOf(desire) == IF desire = "on" THEN "on" ELSE IF desire = "none" THEN "none" ELSE "off"
Direction(command) == IF command \in {"off", "soft-off"} THEN "off" ELSE "on"

(* The facts that properties speak of, by the names that the spec gives them. *)
FactState(w)       == w.st
FactAtRest(w)      == Rests(w.st)
FactDeclared(w)    == Declares(w.st)
FactObserved(w)    == w.observed
FactDrifted(w)     == w.drifted
FactDesired(w)     == w.desired
FactWanted(w)      == PowerOf(w.desired)
FactInPlay(w)      == w.play
FactWaiting(w)     == w.wait
FactRanking(w)     == Ranking
FactPhase(w)       == w.ph
FactPower(w)       == w.power
FactOnMayCome(w)   == w.latch \in {"on", "reset"} \/ (w.way["on"] \cup w.way["reset"]) \cap w.open # {}
FactOffMayCome(w)  == w.latch \in {"off", "soft-off"} \/ (w.way["off"] \cup w.way["soft-off"]) \cap w.open # {}
FactCommands(w)    == Cardinality(w.commanded)
FactActions(w)     == (IF w.ph # "none" THEN 1 ELSE 0) + (IF w.crowded THEN 1 ELSE 0)
FactDriven(w)      == w.ph # "none" \/ w.starting
FactOutstanding(w) == Cardinality(w.outstanding)
FactAdrift(w)      == w.outstanding # {w.play_id, w.wait_id} \ {0}
FactEndedTwice(w)  == w.ended_twice
FactFirstOpen(w)   == 1 \in w.outstanding
FactPromised(w)    == w.promised
FactUnasked(w)     == w.unasked
FactUnrecorded(w)  == w.carrying \ (w.record \cup w.off_record) # {}
FactResets(w)      == w.resets
FactCycledTwice(w) == w.cycled_twice
FactRejected(w)    == w.rejected
FactMeddled(w)     == w.meddled
FactRestarted(w)   == w.restarted
======================================================================================
