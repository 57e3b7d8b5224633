--------------------------------- MODULE PowerSteps ----------------------------------
\* Made from spec/power.yaml by scripts/generate; change that and run it again.
EXTENDS Drive

(* The machine `node`: What is known and wanted of one node; stepped by the registry. *)

\* Nothing is in play any more, and one operation waits.
NodeNext(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"unknown", "ready", "on", "off", "error"} ->
                IF GuardLeadsOn(w) THEN
                    LET w1 == DoPromote(w)
                        w2 == DoStart(w1)
                    IN [w2 EXCEPT !.st = "powering-on"]
                ELSE
                    LET w1 == DoPromote(w)
                        w2 == DoStart(w1)
                    IN [w2 EXCEPT !.st = "powering-off"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* Somebody asks for a desired state or a way to one.
NodeRequest(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"unknown", "ready", "on", "off", "error"} ->
                IF GuardLeadsOn(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoPutInPlay(w1)
                        w3 == DoAnswer(w2)
                        w4 == DoStart(w3)
                    IN [w4 EXCEPT !.st = "powering-on"]
                ELSE
                    LET w1 == DoPersistDesired(w)
                        w2 == DoPutInPlay(w1)
                        w3 == DoAnswer(w2)
                        w4 == DoStart(w3)
                    IN [w4 EXCEPT !.st = "powering-off"]
            [] w.st \in {"powering-on"} ->
                IF GuardJoins(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoJoin(w1)
                        w3 == DoAnswer(w2)
                    IN [w3 EXCEPT !.st = "powering-on"]
                ELSE IF GuardOutranks(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoOvertake(w1)
                        w3 == DoPutWaiting(w2)
                        w4 == DoAnswer(w3)
                        w5 == DoCancel(w4)
                    IN [w5 EXCEPT !.st = "cancelling"]
                ELSE
                    LET w1 == DoPersistDesired(w)
                        w2 == DoOvertake(w1)
                        w3 == DoPutWaiting(w2)
                        w4 == DoAnswer(w3)
                    IN [w4 EXCEPT !.st = "powering-on"]
            [] w.st \in {"powering-off"} ->
                IF GuardJoins(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoJoin(w1)
                        w3 == DoAnswer(w2)
                    IN [w3 EXCEPT !.st = "powering-off"]
                ELSE IF GuardOutranks(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoOvertake(w1)
                        w3 == DoPutWaiting(w2)
                        w4 == DoAnswer(w3)
                        w5 == DoCancel(w4)
                    IN [w5 EXCEPT !.st = "cancelling"]
                ELSE
                    LET w1 == DoPersistDesired(w)
                        w2 == DoOvertake(w1)
                        w3 == DoPutWaiting(w2)
                        w4 == DoAnswer(w3)
                    IN [w4 EXCEPT !.st = "powering-off"]
            [] w.st \in {"cancelling"} ->
                IF GuardJoins(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoJoin(w1)
                        w3 == DoAnswer(w2)
                    IN [w3 EXCEPT !.st = "cancelling"]
                ELSE
                    LET w1 == DoPersistDesired(w)
                        w2 == DoOvertake(w1)
                        w3 == DoPutWaiting(w2)
                        w4 == DoAnswer(w3)
                    IN [w4 EXCEPT !.st = "cancelling"]
            [] w.st \in {"quarantined"} ->
                IF GuardJoins(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoJoin(w1)
                        w3 == DoAnswer(w2)
                    IN [w3 EXCEPT !.st = "quarantined"]
                ELSE IF GuardOutranks(w) THEN
                    LET w1 == DoPersistDesired(w)
                        w2 == DoOvertake(w1)
                        w3 == DoPutWaiting(w2)
                        w4 == DoAnswer(w3)
                        w5 == DoCancel(w4)
                    IN [w5 EXCEPT !.st = "cancelling"]
                ELSE
                    LET w1 == DoPersistDesired(w)
                        w2 == DoOvertake(w1)
                        w3 == DoPutWaiting(w2)
                        w4 == DoAnswer(w3)
                    IN [w4 EXCEPT !.st = "quarantined"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* A leg of the action is done and read (the off of a cycle); the next leg begins.
NodeTurned(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"powering-off"} ->
                LET w1 == DoDeclare(w)
                    w2 == DoTakeLeg(w1)
                IN [w2 EXCEPT !.st = "powering-on"]
            [] w.st \in {"cancelling"} ->
                w
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* A fresh reading shows the goal.
NodeConfirmed(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"powering-on"} ->
                LET w1 == DoDeclare(w)
                    w2 == DoSucceed(w1)
                    w3 == DoTakeNext(w2)
                IN [w3 EXCEPT !.st = "on"]
            [] w.st \in {"powering-off"} ->
                IF GuardReleases(w) THEN
                    LET w1 == DoDeclare(w)
                        w2 == DoSucceed(w1)
                        w3 == DoTakeNext(w2)
                    IN [w3 EXCEPT !.st = "ready"]
                ELSE
                    LET w1 == DoDeclare(w)
                        w2 == DoSucceed(w1)
                        w3 == DoTakeNext(w2)
                    IN [w3 EXCEPT !.st = "off"]
            [] w.st \in {"cancelling"} ->
                IF GuardLeadsOn(w) THEN
                    LET w1 == DoSupersede(w)
                        w2 == DoPromote(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-on"]
                ELSE
                    LET w1 == DoSupersede(w)
                        w2 == DoPromote(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-off"]
            [] OTHER ->
                Reject(w)
        followed == IF stepped.takes_next THEN NodeNext(stepped) ELSE stepped
    IN StepEnds(followed)

\* The action ended without reaching its goal.
NodeGaveUp(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"powering-on", "powering-off", "quarantined"} ->
                LET w1 == DoFail(w)
                    w2 == DoTakeNext(w1)
                IN [w2 EXCEPT !.st = "error"]
            [] w.st \in {"cancelling"} ->
                IF GuardLeadsOn(w) THEN
                    LET w1 == DoSupersede(w)
                        w2 == DoPromote(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-on"]
                ELSE
                    LET w1 == DoSupersede(w)
                        w2 == DoPromote(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-off"]
            [] OTHER ->
                Reject(w)
        followed == IF stepped.takes_next THEN NodeNext(stepped) ELSE stepped
    IN StepEnds(followed)

\* The action has ended on being cancelled; its session is fenced or on record as unfenced.
NodeCancelled(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"cancelling"} ->
                IF GuardLeadsOn(w) THEN
                    LET w1 == DoSupersede(w)
                        w2 == DoPromote(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-on"]
                ELSE
                    LET w1 == DoSupersede(w)
                        w2 == DoPromote(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-off"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* The BMC did not answer the fence.
NodeFenceUnanswered(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"powering-on", "powering-off"} ->
                [w EXCEPT !.st = "quarantined"]
            [] w.st \in {"cancelling"} ->
                w
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* Every earlier packet and session must be dead by now.
NodeQuarantineOver(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"cancelling"} ->
                w
            [] w.st \in {"quarantined"} ->
                IF GuardDrivesOn(w) THEN
                    [w EXCEPT !.st = "powering-on"]
                ELSE
                    [w EXCEPT !.st = "powering-off"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* A reading outside any action says on.
NodeReadOn(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"unknown", "on"} ->
                LET w1 == DoNoteReading(w)
                IN [w1 EXCEPT !.st = "on"]
            [] w.st \in {"ready"} ->
                IF GuardEnforce(w) THEN
                    LET w1 == DoNoteReading(w)
                        w2 == DoEnforceDesired(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-off"]
                ELSE IF GuardAdopt(w) THEN
                    LET w1 == DoNoteReading(w)
                        w2 == DoAdoptReading(w1)
                    IN [w2 EXCEPT !.st = "on"]
                ELSE
                    LET w1 == DoNoteReading(w)
                        w2 == DoFlagDrift(w1)
                    IN [w2 EXCEPT !.st = "ready"]
            [] w.st \in {"powering-on", "powering-off", "cancelling", "quarantined"} ->
                w
            [] w.st \in {"off"} ->
                IF GuardEnforce(w) THEN
                    LET w1 == DoNoteReading(w)
                        w2 == DoEnforceDesired(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-off"]
                ELSE IF GuardAdopt(w) THEN
                    LET w1 == DoNoteReading(w)
                        w2 == DoAdoptReading(w1)
                    IN [w2 EXCEPT !.st = "on"]
                ELSE
                    LET w1 == DoNoteReading(w)
                        w2 == DoFlagDrift(w1)
                    IN [w2 EXCEPT !.st = "off"]
            [] w.st \in {"error"} ->
                LET w1 == DoNoteReading(w)
                IN [w1 EXCEPT !.st = "error"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* A reading outside any action says off.
NodeReadOff(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"unknown", "off"} ->
                LET w1 == DoNoteReading(w)
                IN [w1 EXCEPT !.st = "off"]
            [] w.st \in {"ready"} ->
                LET w1 == DoNoteReading(w)
                IN [w1 EXCEPT !.st = "ready"]
            [] w.st \in {"powering-on", "powering-off", "cancelling", "quarantined"} ->
                w
            [] w.st \in {"on"} ->
                IF GuardEnforce(w) THEN
                    LET w1 == DoNoteReading(w)
                        w2 == DoEnforceDesired(w1)
                        w3 == DoStart(w2)
                    IN [w3 EXCEPT !.st = "powering-on"]
                ELSE IF GuardAdopt(w) THEN
                    LET w1 == DoNoteReading(w)
                        w2 == DoAdoptReading(w1)
                    IN [w2 EXCEPT !.st = "off"]
                ELSE
                    LET w1 == DoNoteReading(w)
                        w2 == DoFlagDrift(w1)
                    IN [w2 EXCEPT !.st = "on"]
            [] w.st \in {"error"} ->
                LET w1 == DoNoteReading(w)
                IN [w1 EXCEPT !.st = "error"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* The daemon starts and finds the node as the last process left it.
NodeRestarted(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"unknown", "powering-on", "powering-off", "cancelling", "quarantined"} ->
                [w EXCEPT !.st = "unknown"]
            [] w.st \in {"ready"} ->
                [w EXCEPT !.st = "ready"]
            [] w.st \in {"on"} ->
                [w EXCEPT !.st = "on"]
            [] w.st \in {"off"} ->
                [w EXCEPT !.st = "off"]
            [] w.st \in {"error"} ->
                [w EXCEPT !.st = "error"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

\* Outstanding work is taken up again.
NodeRecover(world_before) ==
    LET w == StepBegins(world_before)
        stepped ==
            CASE w.st \in {"unknown"} ->
                IF GuardLeadsOn(w) THEN
                    LET w1 == DoAdoptNewest(w)
                        w2 == DoStart(w1)
                    IN [w2 EXCEPT !.st = "powering-on"]
                ELSE
                    LET w1 == DoAdoptNewest(w)
                        w2 == DoStart(w1)
                    IN [w2 EXCEPT !.st = "powering-off"]
            [] OTHER ->
                Reject(w)
    IN StepEnds(stepped)

(* The machine `drive`: The protocol that an action walks; each state is one thing to do. *)

\* Every earlier session is known to be closed.
DriveFenced(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"fencing"} ->
                [w EXCEPT !.ph = "settling"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* At least one is not.
DriveFenceUnanswered(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"fencing"} ->
                LET w1 == DoTellQuarantined(w)
                IN [w1 EXCEPT !.ph = "quarantined"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* They must all be dead.
DriveQuarantineOver(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"quarantined"} ->
                LET w1 == DoForgetSessions(w)
                    w2 == DoTellReleased(w1)
                IN [w2 EXCEPT !.ph = "settling"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* No earlier command can take effect any more.
DriveSettled(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"settling"} ->
                [w EXCEPT !.ph = "opening"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The BMC gave us a session.
DriveOpened(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"opening"} ->
                [w EXCEPT !.ph = "recording"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* Its id is on disk.
DriveRecorded(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"recording"} ->
                [w EXCEPT !.ph = "checking"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The power is as the goal wants it.
DriveReadGoal(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"checking"} ->
                IF GuardSpent(w) /\ GuardAccepted(w) THEN
                    [w EXCEPT !.ph = "closing"]
                ELSE IF GuardSpent(w) THEN
                    [w EXCEPT !.ph = "giving-up"]
                ELSE IF GuardOnce(w) THEN
                    [w EXCEPT !.ph = "marking"]
                ELSE
                    [w EXCEPT !.ph = "closing"]
            [] w.ph \in {"reading"} ->
                [w EXCEPT !.ph = "closing"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* It is not.
DriveReadOther(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"checking"} ->
                IF GuardSpent(w) THEN
                    [w EXCEPT !.ph = "giving-up"]
                ELSE IF GuardOnce(w) THEN
                    LET w1 == DoStartInstead(w)
                    IN [w1 EXCEPT !.ph = "commanding"]
                ELSE IF GuardPatient(w) THEN
                    [w EXCEPT !.ph = "commanding"]
                ELSE IF GuardSoft(w) THEN
                    LET w1 == DoEscalate(w)
                    IN [w1 EXCEPT !.ph = "commanding"]
                ELSE
                    [w EXCEPT !.ph = "commanding"]
            [] w.ph \in {"reading"} ->
                IF GuardPatient(w) THEN
                    [w EXCEPT !.ph = "reading"]
                ELSE IF GuardSoft(w) THEN
                    LET w1 == DoEscalate(w)
                    IN [w1 EXCEPT !.ph = "commanding"]
                ELSE IF GuardSpent(w) THEN
                    [w EXCEPT !.ph = "giving-up"]
                ELSE
                    [w EXCEPT !.ph = "commanding"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The mark is on disk.
DriveMarked(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"marking"} ->
                [w EXCEPT !.ph = "commanding"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The BMC accepted the command.
DriveAnswered(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"commanding"} ->
                LET w1 == DoAccept(w)
                IN [w1 EXCEPT !.ph = "reading"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The BMC answered that it did not do it.
DriveRefused(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"commanding"} ->
                IF GuardSoft(w) /\ GuardUnsupported(w) THEN
                    LET w1 == DoEscalate(w)
                    IN [w1 EXCEPT !.ph = "commanding"]
                ELSE IF GuardTransient(w) THEN
                    LET w1 == DoAcquit(w)
                    IN [w1 EXCEPT !.ph = "resting"]
                ELSE
                    [w EXCEPT !.ph = "giving-up"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* Nothing came back: the command may act, or act later.
DriveUnanswered(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"commanding"} ->
                [w EXCEPT !.ph = "fencing"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* Logging in, reading or closing went wrong.
DriveFailure(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"opening", "checking", "reading"} ->
                IF GuardTransient(w) THEN
                    [w EXCEPT !.ph = "resting"]
                ELSE
                    [w EXCEPT !.ph = "giving-up"]
            [] w.ph \in {"closing"} ->
                [w EXCEPT !.ph = "done"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The BMC answered the Close Session.
DriveClosed(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"closing"} ->
                [w EXCEPT !.ph = "done"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* It is time to try again.
DriveRested(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"resting"} ->
                [w EXCEPT !.ph = "fencing"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The operation's deadline is over.
DriveExpired(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"fencing", "quarantined", "settling", "opening", "recording", "checking", "marking", "commanding", "reading", "resting"} ->
                [w EXCEPT !.ph = "giving-up"]
            [] w.ph \in {"closing"} ->
                [w EXCEPT !.ph = "done"]
            [] w.ph \in {"giving-up", "withdrawing"} ->
                w
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The action is cancelled, or cannot go on (the daemon ends, or has a defect).
DriveBrokenOff(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"fencing", "quarantined", "settling", "opening", "recording", "checking", "marking", "commanding", "reading", "closing", "resting"} ->
                [w EXCEPT !.ph = "withdrawing"]
            [] w.ph \in {"giving-up", "withdrawing"} ->
                w
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

\* The session is closed, or on record as not shown to be closed.
DriveLeft(world_before) ==
    LET w == world_before
        stepped ==
            CASE w.ph \in {"giving-up"} ->
                [w EXCEPT !.ph = "failed"]
            [] w.ph \in {"withdrawing"} ->
                [w EXCEPT !.ph = "withdrawn"]
            [] OTHER ->
                Reject(w)
    IN PhaseEnds(stepped)

======================================================================================
