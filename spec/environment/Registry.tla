----------------------------------- MODULE Registry ----------------------------------
(* The guards and effects of the machine `node`, one for each name in the spec: what  *)
(* powerfsm/registry/decisions.py does to a draft, and powerfsm/registry/registry.py  *)
(* once it is committed.  The counterpart of registry.pml.                            *)
(*                                                                                    *)
(* The durable effects of one step are one commit, so they are one step here.  What   *)
(* follows from it (answer, start, cancel) is noted, and done later in a step of its  *)
(* own: a crash can come between, and so can further commits.                         *)
EXTENDS State

(* Where an operation begins: the power that its first leg, or the leg that it is in, leads to. *)
FirstLeg(ask) == IF ask \in {"on", "reset"} THEN "on" ELSE "off"
Leg(ask, behind) == IF ask \in {"on", "reset"} \/ (ask = "cycle" /\ behind) THEN "on" ELSE "off"
Desire(ask) == IF ask = "ready" THEN "ready" ELSE IF ask \in {"off", "soft-off"} THEN "off" ELSE "on"

(* Guards.  `asked` is none where the event is no request. *)
GuardJoins(w) == w.wait = w.asked \/ (w.st # "cancelling" /\ w.play = w.asked)
GuardOutranks(w) == w.play # "none" /\ Outranks(Ranking, w.asked, w.play)
GuardLeadsOn(w) ==
    "on" = IF w.asked # "none" THEN FirstLeg(w.asked)
           ELSE IF w.wait # "none" THEN FirstLeg(w.wait)
           ELSE IF w.play # "none" THEN Leg(w.play, w.play_leg)
           ELSE "off"
GuardDrivesOn(w) == w.play # "none" /\ Leg(w.play, w.play_leg) = "on"
GuardReleases(w) == w.play = "ready"
GuardEnforce(w) == Policy = "enforce" /\ w.desired # "none"
GuardAdopt(w) == Policy = "adopt"

(* An operation's number is one that was free before this step, so that nobody takes it for one that ends in it. *)
FreeNumber(w) ==
    IF 1 \notin w.before \cup w.outstanding THEN 1
    ELSE IF 2 \notin w.before \cup w.outstanding THEN 2
    ELSE 3
Begin(w) == [w EXCEPT !.given = FreeNumber(w), !.outstanding = @ \cup {FreeNumber(w)}]

End(w, id) ==
    IF id = 0 THEN w
    ELSE IF id \in w.outstanding THEN [w EXCEPT !.outstanding = @ \ {id}]
    ELSE [w EXCEPT !.ended_twice = TRUE]

ClearPlay(w) == [w EXCEPT !.play = "none", !.play_id = 0, !.play_leg = FALSE, !.play_mark = FALSE]
ClearWait(w) == [w EXCEPT !.wait = "none", !.wait_id = 0]
(* What the onlooker counts, he counts for one operation. *)
PutInPlay(w, ask, id) ==
    [w EXCEPT !.play = ask, !.play_id = id, !.play_leg = FALSE, !.play_mark = FALSE,
              !.resets = 0, !.off_read = FALSE]
EndPlay(w) == ClearPlay(End(w, w.play_id))
EndWait(w) == ClearWait(End(w, w.wait_id))

(* Durable effects. *)
DoPersistDesired(w) == [w EXCEPT !.desired = Desire(w.asked)]
DoPutInPlay(w) == LET begun == Begin(w) IN PutInPlay(begun, w.asked, begun.given)
DoPutWaiting(w) == LET begun == Begin(w) IN [begun EXCEPT !.wait = w.asked, !.wait_id = begun.given]
DoOvertake(w) == EndWait(w)
DoJoin(w) ==
    IF w.wait = w.asked THEN [w EXCEPT !.given = w.wait_id]
    ELSE [EndWait(w) EXCEPT !.given = w.play_id]
DoSupersede(w) == EndPlay(w)
DoPromote(w) ==
    IF w.wait = "none" THEN [w EXCEPT !.rejected = TRUE]    \* nothing waits: the registry raises LookupError
    ELSE ClearWait(PutInPlay(w, w.wait, w.wait_id))
DoTakeLeg(w) == [w EXCEPT !.play_leg = TRUE]
DoDeclare(w) == [w EXCEPT !.observed = w.read_as, !.drifted = FALSE]
DoSucceed(w) == EndPlay(w)
DoFail(w) == EndPlay(w)
DoNoteReading(w) == [w EXCEPT !.observed = w.read_as, !.drifted = FALSE]
DoFlagDrift(w) == [w EXCEPT !.drifted = TRUE]
(* What is adopted is later than what was asked, and holds in its place. *)
DoAdoptReading(w) ==
    [w EXCEPT !.desired = w.read_as, !.promised = "none", !.answering = IF @ = "none" THEN @ ELSE w.read_as]
DoEnforceDesired(w) == LET begun == Begin(w) IN PutInPlay(begun, w.desired, begun.given)
DoAdoptNewest(w) == IF w.wait = "none" THEN w ELSE DoPromote(DoSupersede(w))
DoTakeNext(w) == [w EXCEPT !.takes_next = (w.wait # "none")]

(* Live effects: noted with the commit, done by Publish. *)
DoAnswer(w) ==
    IF w.given = 0 THEN [w EXCEPT !.rejected = TRUE]        \* no operation is given: the registry raises LookupError
    ELSE [w EXCEPT !.answering = Desire(w.asked)]
(* The action before it has ended, so a cancel that is still to come finds nobody. *)
DoStart(w) == [w EXCEPT !.starting = TRUE, !.cancelling = FALSE]
DoCancel(w) == [w EXCEPT !.cancelling = TRUE]

(* What a step of the machine comes with and leaves. *)
StepBegins(w) == [w EXCEPT !.before = w.outstanding, !.given = 0, !.takes_next = FALSE, !.off_record = {}]
StepEnds(w) ==
    [w EXCEPT !.before = {}, !.given = 0, !.asked = "none", !.read_as = "none", !.takes_next = FALSE]
Reject(w) == [w EXCEPT !.rejected = TRUE]
======================================================================================
