------------------------------------ MODULE Drive ------------------------------------
(* The guards and effects of the machine `drive`, one for each name in the spec, and  *)
(* what is remembered of sessions that were closed or could not be: what              *)
(* powerfsm/actions/drive.py and powerfsm/actions/fences.py keep in memory.  The      *)
(* counterpart of drive.pml; Publish, the last of registry.pml, stands here too, for  *)
(* it starts drives.                                                                  *)
EXTENDS Registry

(* Guards. *)
GuardTransient(w) == w.transient
GuardOnce(w) == w.play = "reset" /\ w.cmd = "reset"
GuardSpent(w) == w.spent
GuardAccepted(w) == w.accepted
GuardSoft(w) == w.cmd = "soft-off"
GuardUnsupported(w) == w.unsupported
GuardPatient(w) == w.patient

(* A session is shown to be closed, or must be dead (powerfsm/actions/fences.py).  One that carried a soft-off stays *)
(* on record, for the operating system may act on it much later.                                                     *)
OffTheRecord(w, s) ==
    [w EXCEPT !.record = @ \ {s},
              !.off_record = IF s \in w.record THEN @ \cup {s} ELSE @,
              !.carried[s] = "none"]
Uncommanded(w, s) == [w EXCEPT !.commanded = @ \ {s}, !.quarantine = @ \ {s}]
Led(w, s) ==
    LET carried == w.carried[s]
        way == Direction(carried)
    IN [w EXCEPT !.fence = way, !.fence_soft = (carried = "soft-off" \/ (w.fence_soft /\ w.fence = way))]
CountAsFenced(w, s) ==
    LET u == Uncommanded(w, s)
    IN IF w.carried[s] = "none" THEN OffTheRecord(u, s)
       ELSE IF w.carried[s] = "soft-off" THEN [Led(u, s) EXCEPT !.held = @ \cup {s}]
       ELSE OffTheRecord(Led(u, s), s)

Released(w, s) == IF s \in w.held THEN OffTheRecord(w, s) ELSE w
ReleaseHeld(w) == [Released(Released(Released(w, 1), 2), 3) EXCEPT !.held = {}, !.fence_soft = FALSE]

(* Effects. *)
Forgotten(w, s) == IF s \in w.record \ w.held THEN CountAsFenced(w, s) ELSE w
DoForgetSessions(w) == Forgotten(Forgotten(Forgotten(w, 1), 2), 3)
DoTellQuarantined(w) == [w EXCEPT !.telling = "fence-unanswered"]
DoTellReleased(w) == [w EXCEPT !.telling = "quarantine-over"]
DoEscalate(w) == [w EXCEPT !.cmd = "off", !.awaiting = FALSE]
DoStartInstead(w) == [w EXCEPT !.cmd = "on"]
DoAccept(w) == [w EXCEPT !.accepted = TRUE]
DoAcquit(w) == IF w.spent THEN [w EXCEPT !.spent = FALSE, !.play_mark = FALSE] ELSE w

(* What a step of the machine leaves. *)
PhaseEnds(w) ==
    [w EXCEPT !.transient = FALSE, !.unsupported = FALSE, !.patient = FALSE,
              !.sample = "none", !.command_heard = "unsent"]

BeginDrive(w) ==
    LET goal == Leg(w.play, w.leg)
    IN [w EXCEPT !.goal = goal, !.cmd = IF w.play \in {"soft-off", "reset"} THEN w.play ELSE goal,
                 !.accepted = FALSE, !.awaiting = FALSE, !.own = 0, !.sent = FALSE, !.ph = FirstPhase]
EndDrive(w) ==
    [w EXCEPT !.ph = "none", !.leg = FALSE, !.goal = "none", !.cmd = "none", !.own = 0, !.sent = FALSE,
              !.accepted = FALSE, !.spent = FALSE, !.awaiting = FALSE, !.told_to_end = FALSE, !.telling = "none",
              !.closing = 0, !.close_heard = FALSE, !.command_heard = "unsent", !.sample = "none"]

StopClosing(w) == [w EXCEPT !.closing = 0, !.close_heard = FALSE]

(* The registry does what follows from its last commit. *)
Answer(w) == IF w.answering = "none" THEN w ELSE [w EXCEPT !.promised = w.answering, !.answering = "none"]
Start(w) ==
    LET swept == [w EXCEPT !.starting = FALSE, !.swept = "none"]
        begun == IF w.ph = "none" THEN StopClosing(swept) ELSE swept
    IN IF ~w.starting THEN w
       ELSE IF w.play = "none" THEN Reject(begun)                   \* the registry raises LookupError
       ELSE IF w.ph # "none" THEN [begun EXCEPT !.crowded = TRUE]
       ELSE BeginDrive([begun EXCEPT !.leg = w.play_leg, !.spent = w.play_mark])
Cancel(w) ==
    IF w.cancelling THEN [w EXCEPT !.cancelling = FALSE, !.told_to_end = (@ \/ w.ph # "none")] ELSE w
Publish(w) == Cancel(Start(Answer(w)))
======================================================================================
