------------------------------------ MODULE Action -----------------------------------
(* The action that walks the machine `drive`: for each phase what                     *)
(* powerfsm/actions/drive.py does in it, await by await.  The counterpart of          *)
(* action.pml, one operator for each of its alternatives.                             *)
(*                                                                                    *)
(* Between any two of the steps below the world goes on, the registry decides, and    *)
(* the daemon can die.  How long anything takes is not modelled: a time-out is        *)
(* something that can happen, and the two times that the protocol rests on (settle,   *)
(* quarantine) are the conditions that they are there to wait for.                    *)
EXTENDS PowerSteps

VARIABLE world

EarlierSessions == world.record \ world.held
(* Whom fencing closes next: the drive's own session, then the others on record by their ids. *)
ToClose == IF world.own # 0 THEN world.own ELSE Lowest(EarlierSessions \ world.quarantine)

UnderWay(w) == w.way["on"] \cup w.way["off"] \cup w.way["soft-off"] \cup w.way["reset"]

(* The time assumptions, as what they are there to wait for: an accepted command acts within `settle` (a soft-off *)
(* within `soft-settle`), a datagram lives no longer than `packet-lifetime`, an idle session no longer than       *)
(* `idle-limit`.                                                                                                  *)
IsSettled ==
    \/ world.fence = world.goal
    \/ world.latch = "none"
    \/ world.latch = "soft-off" /\ ~world.fence_soft
AreDead(sessions) == sessions \cap (world.open \cup UnderWay(world)) = {}

(* Numbers that nothing refers to. *)
Unused ==
    Sessions \ (world.record \cup world.off_record \cup world.open \cup UnderWay(world) \cup world.way["close"]
                \cup world.commanded \cup {world.own})

At(phases) == world.ph \in phases /\ world.telling = "none"
ClosesOwn == world.closing # 0 /\ world.closing = world.own
(* Nobody is left to answer: the session in which it was sent is gone. *)
IsUnheard == ClosesOwn /\ world.own \notin world.open /\ world.own \notin world.way["close"]
(* What was commanded will not come any more. *)
InVain == world.awaiting /\ world.latch = "none" /\ UnderWay(world) \cap world.open = {}
CanNotice ==
    /\ world.ph # "none" /\ ~IsFinal(world.ph) /\ ~IsLeaving(world.ph)
    /\ world.telling = "none" /\ ~ClosesOwn

(* A Close Session leaves, in the session itself or by its id. *)
SendClose(w, s) == [w EXCEPT !.closing = s, !.close_heard = FALSE, !.way["close"] = @ \cup {s}]

(* The drive's own session is closed, or is given up: nothing more is sent in it. *)
LeaveOwn(w) == StopClosing([w EXCEPT !.own = 0, !.sent = FALSE])
Unsent(w) == IF w.sent THEN w ELSE [w EXCEPT !.carried[w.own] = "none"]
OwnClosed(w) == LeaveOwn(CountAsFenced(Unsent(w), w.own))
(* A session in which no command was sent cannot act; the BMC drops what is left of it. *)
OwnGivenUp(w) == LeaveOwn(IF w.sent THEN w ELSE CountAsFenced(Unsent(w), w.own))

(* What the onlooker sees of a command: is it asked for, and is it the first of its kind. *)
Seen(w) ==
    [w EXCEPT
        !.unasked = @ \/ w.play = "none" \/ Direction(w.cmd) # Leg(w.play, w.play_leg),
        !.cycled_twice = @ \/ (w.cmd = "off" /\ w.play = "cycle" /\ w.off_read),
        !.resets = IF w.cmd = "reset" /\ @ < 2 THEN @ + 1 ELSE @,
        !.commanded = @ \cup {w.own},
        !.carrying = @ \cup ({w.own} \cap w.open)]
SendCommand(w) ==
    [Seen(w) EXCEPT !.way[w.cmd] = @ \cup {w.own}, !.sent = TRUE, !.command_heard = "nothing",
                    !.awaiting = @ \/ w.cmd = "soft-off"]

(* Whether something is given up because the answer is late, which is a misfortune, or because none can come. *)
NoAnswer(w, hopeless) == IF hopeless THEN w ELSE Spend(w)

(* What the BMC says its power is: the readings that it may give, and the world after each. *)
Readings(w) ==
    {[power |-> w.power, after |-> w]} \cup
    (IF May(w, "lie") THEN {[power |-> Other(w.power), after |-> [Spend(w) EXCEPT !.meddled = TRUE]]} ELSE {})

(* What it reports, it reports before it goes on; by then what followed from earlier commits is done. *)
TellQuarantined ==
    /\ world.telling = "fence-unanswered"
    /\ world' = Publish(NodeFenceUnanswered([world EXCEPT !.telling = "none"]))
TellReleased ==
    /\ world.telling = "quarantine-over"
    /\ world' = Publish(NodeQuarantineOver([world EXCEPT !.telling = "none"]))

(* fencing *)
FenceCloses ==
    /\ At({"fencing"}) /\ world.closing = 0 /\ ToClose # 0
    /\ world' = SendClose(world, ToClose)
FenceHeard ==
    /\ At({"fencing"}) /\ world.close_heard
    /\ world' = IF ClosesOwn THEN OwnClosed(world) ELSE StopClosing(CountAsFenced(world, world.closing))
FenceUnheard ==
    /\ At({"fencing"}) /\ world.closing # 0 /\ ~world.close_heard
    /\ IsUnheard \/ May(world, "late")
    /\ LET w == NoAnswer(world, IsUnheard)
       IN world' = IF ClosesOwn THEN OwnGivenUp(w)
                   ELSE StopClosing([w EXCEPT !.quarantine = @ \cup {world.closing}])
FenceDone ==
    /\ At({"fencing"}) /\ world.closing = 0 /\ ToClose = 0
    /\ world' = IF EarlierSessions \cap world.quarantine = {} THEN DriveFenced(world) ELSE DriveFenceUnanswered(world)

(* quarantined *)
QuarantineOver ==
    /\ At({"quarantined"}) /\ AreDead(EarlierSessions \cap world.quarantine)
    /\ world' = DriveQuarantineOver(world)

(* settling *)
Settle ==
    /\ At({"settling"}) /\ IsSettled
    /\ world' = DriveSettled(IF world.goal = "on" THEN ReleaseHeld(world) ELSE world)

(* opening: the BMC gives a session, or it has none to give, or logging in goes wrong.  Waiting for the daemon's own *)
(* limits comes first, and there a cancel is noticed.                                                                *)
Open ==
    /\ At({"opening"}) /\ ~world.told_to_end /\ Unused # {} /\ Cardinality(world.open) < Slots
    /\ world' = DriveOpened([world EXCEPT !.own = Lowest(Unused), !.sent = FALSE, !.open = @ \cup {Lowest(Unused)}])
NoSlot ==
    /\ At({"opening"}) /\ Cardinality(world.open) >= Slots
    /\ world' = DriveFailure([world EXCEPT !.transient = TRUE])
OpenFails ==
    /\ At({"opening"}) /\ May(world, "fail")
    /\ \E transient \in BOOLEAN : world' = DriveFailure([Spend(world) EXCEPT !.transient = transient])

(* recording *)
Record ==
    /\ At({"recording"})
    /\ world' = DriveRecorded([world EXCEPT !.off_record = {}, !.record = @ \cup {world.own},
                                            !.carried[world.own] = world.cmd])

(* checking and reading: the BMC reads, and its answer arrives *)
Sample ==
    /\ At({"checking", "reading"}) /\ world.sample = "none" /\ world.own \in world.open
    /\ \E reading \in Readings(world) : world' = [reading.after EXCEPT !.sample = reading.power]
ReadGoal ==
    /\ At({"checking", "reading"}) /\ world.sample # "none" /\ world.sample = world.goal
    /\ world' = DriveReadGoal(world)
ReadOther ==
    /\ At({"checking", "reading"}) /\ world.sample # "none" /\ world.sample # world.goal
    /\ world' = DriveReadOther([world EXCEPT !.patient = TRUE])
(* Patience may end at any time where what it waits for will not come; elsewhere that is a misfortune. *)
PatienceEnds ==
    /\ At({"checking", "reading"}) /\ world.sample # "none" /\ world.sample # world.goal /\ InVain
    /\ world' = DriveReadOther(world)
Impatience ==
    /\ At({"checking", "reading"}) /\ world.sample # "none" /\ world.sample # world.goal
    /\ world.awaiting /\ ~InVain /\ May(world, "impatient")
    /\ world' = DriveReadOther(Spend(world))
SessionGone ==
    /\ At({"checking", "reading"}) /\ world.own \notin world.open
    /\ world' = DriveFailure([world EXCEPT !.transient = TRUE])
ReadFails ==
    /\ At({"checking", "reading"}) /\ world.own \in world.open /\ May(world, "fail")
    /\ \E transient \in BOOLEAN : world' = DriveFailure([Spend(world) EXCEPT !.transient = transient])

(* marking *)
Mark ==
    /\ At({"marking"})
    /\ world' = DriveMarked([world EXCEPT !.off_record = {}, !.play_mark = TRUE, !.spent = TRUE])

(* commanding: it is sent, and answered, refused, or nothing comes back *)
Command ==
    /\ At({"commanding"}) /\ world.command_heard = "unsent" /\ world.own # 0
    /\ world' = SendCommand(world)
CommandAnswered ==
    /\ At({"commanding"}) /\ world.command_heard = "accepted"
    /\ world' = DriveAnswered([world EXCEPT !.commanded = @ \ {world.own},
                                            !.awaiting = @ \/ world.cmd # "soft-off"])
CommandRefused ==
    /\ At({"commanding"}) /\ world.command_heard = "refused"
    /\ LET w == [world EXCEPT !.commanded = @ \ {world.own},
                              !.resets = IF world.cmd = "reset" /\ @ > 0 THEN @ - 1 ELSE @]
       IN \/ world' = DriveRefused([w EXCEPT !.transient = TRUE])
          \/ world' = DriveRefused([w EXCEPT !.unsupported = TRUE])
          \/ world' = DriveRefused(w)
CommandUnanswered ==
    /\ At({"commanding"}) /\ world.command_heard = "nothing"
    /\ LET hopeless == world.own \notin world.way[world.cmd]
       IN /\ hopeless \/ May(world, "late")
          /\ world' = DriveUnanswered(NoAnswer(world, hopeless))

(* closing, resting, giving up and withdrawing: its own session is closed first, if it has one *)
InClosingPhase == At({"closing", "resting", "giving-up", "withdrawing"})
ReleasedAtEnd(w) == IF w.goal = "off" THEN ReleaseHeld(w) ELSE w
CloseOwn ==
    /\ InClosingPhase /\ world.own # 0 /\ world.closing = 0
    /\ world' = SendClose(world, world.own)
CloseHeard ==
    /\ InClosingPhase /\ ClosesOwn /\ world.close_heard
    /\ LET w == OwnClosed(world)
       IN world' = IF world.ph = "closing" THEN DriveClosed(ReleasedAtEnd(w)) ELSE w
CloseUnheard ==
    /\ InClosingPhase /\ ClosesOwn /\ ~world.close_heard
    /\ IsUnheard \/ May(world, "late")
    /\ LET w == OwnGivenUp(NoAnswer(world, IsUnheard))
       IN world' = IF world.ph = "closing" THEN DriveFailure(ReleasedAtEnd(w)) ELSE w
Rested ==
    /\ At({"resting"}) /\ world.own = 0
    /\ world' = DriveRested(world)
HasLeft ==
    /\ At({"giving-up", "withdrawing"}) /\ world.own = 0
    /\ world' = DriveLeft(world)

(* A Close Session is sent again for as long as its answer is waited for, which is not for ever. *)
CloseAgain ==
    /\ world.closing # 0 /\ ~world.close_heard /\ world.closing \notin world.way["close"] /\ ~IsUnheard
    /\ world' = SendClose(world, world.closing)

(* The deadline, and being cancelled, strike at any await but for the closing of its own session. *)
Expire ==
    /\ CanNotice /\ May(world, "expire")
    /\ world' = DriveExpired(StopClosing(Spend(world)))
BreakOff ==
    /\ CanNotice /\ world.told_to_end
    /\ world' = DriveBrokenOff(StopClosing([world EXCEPT !.told_to_end = FALSE]))

(* The end: told to the registry, who puts the action out of play in the same commit. *)
HasFurtherLeg == world.play = "cycle" /\ ~world.leg
Turn ==
    /\ At({"done"}) /\ HasFurtherLeg
    /\ LET told == Publish(NodeTurned([world EXCEPT !.read_as = "off", !.off_read = TRUE]))
       IN world' = BeginDrive([told EXCEPT !.leg = TRUE])
Confirm ==
    /\ At({"done"}) /\ ~HasFurtherLeg
    /\ world' = NodeConfirmed([EndDrive(world) EXCEPT !.read_as = world.goal])
GiveUp ==
    /\ At({"failed"})
    /\ world' = NodeGaveUp(EndDrive(world))
BeCancelled ==
    /\ At({"withdrawn"})
    /\ world' = NodeCancelled(EndDrive(world))

(* One action at a time, from its start to its end. *)
ActionGoesOn ==
    \/ TellQuarantined \/ TellReleased
    \/ FenceCloses \/ FenceHeard \/ FenceUnheard \/ FenceDone
    \/ QuarantineOver \/ Settle \/ Open \/ NoSlot \/ OpenFails \/ Record
    \/ Sample \/ ReadGoal \/ ReadOther \/ PatienceEnds \/ Impatience \/ SessionGone \/ ReadFails \/ Mark
    \/ Command \/ CommandAnswered \/ CommandRefused \/ CommandUnanswered
    \/ CloseOwn \/ CloseHeard \/ CloseUnheard \/ Rested \/ HasLeft
    \/ CloseAgain \/ Expire \/ BreakOff
    \/ Turn \/ Confirm \/ GiveUp \/ BeCancelled
======================================================================================
