------------------------------------ MODULE World ------------------------------------
(* Everything that is not the daemon: requesters, the network, the BMC, an operator;  *)
(* and what can befall the daemon.  The counterpart of world.pml.                     *)
EXTENDS Action

(* Requesters: any number of them, each asking for anything, at any time. *)
SomebodyAsks ==
    /\ Endless \/ world.requests < Requests
    /\ \E ask \in Asks :
           world' = NodeRequest([world EXCEPT !.requests = IF Endless THEN @ ELSE @ + 1,
                                              !.asked = ask, !.promised = "none"])

(* The registry does what follows from its last commit. *)
RegistryPublishes ==
    /\ world.answering # "none" \/ world.starting \/ world.cancelling
    /\ world' = Publish(world)

(* A node at rest is read now and then, once what is on record is closed and has settled; all of it is given up *)
(* where an action starts.                                                                                      *)
MaySweep == Sweeps /\ Rests(world.st) /\ world.ph = "none" /\ ~world.starting /\ world.swept = "none"
SweepCloses ==
    /\ MaySweep /\ world.closing = 0 /\ EarlierSessions \ world.quarantine # {}
    /\ world' = SendClose(world, Lowest(EarlierSessions \ world.quarantine))
SweepHeard ==
    /\ world.ph = "none" /\ world.close_heard
    /\ world' = StopClosing(CountAsFenced(world, world.closing))
SweepUnheard ==
    /\ world.ph = "none" /\ world.closing # 0 /\ ~world.close_heard /\ May(world, "late")
    /\ world' = StopClosing(Spend(world))
SweepForgets ==
    /\ MaySweep /\ EarlierSessions \cap world.quarantine # {} /\ AreDead(EarlierSessions \cap world.quarantine)
    /\ world' = DoForgetSessions(world)
SweepSamples ==
    /\ MaySweep /\ EarlierSessions = {}
    /\ world.latch = "none" \/ (world.latch = "soft-off" /\ ~world.fence_soft)
    /\ \E reading \in Readings(world) : world' = [reading.after EXCEPT !.swept = reading.power]
SweepTells ==
    /\ world.swept # "none"
    /\ LET w == [world EXCEPT !.read_as = world.swept, !.swept = "none"]
       IN world' = IF world.swept = "on" THEN NodeReadOn(w) ELSE NodeReadOff(w)
SweepGoesOn == SweepCloses \/ SweepHeard \/ SweepUnheard \/ SweepForgets \/ SweepSamples \/ SweepTells

(* The BMC acts on what it has accepted: the worlds that may follow. *)
Acted(w) ==
    LET did == [w EXCEPT !.latch = "none"]
    IN CASE w.latch = "on" -> {[did EXCEPT !.power = "on"]}
         [] w.latch = "off" -> {[did EXCEPT !.power = "off"]}
         \* The operating system may do as it was asked, or not.
         [] w.latch = "soft-off" -> {did, [did EXCEPT !.power = "off"]}
         \* What is off cannot be reset, though some BMCs power it on.
         [] w.latch = "reset" -> {did, [did EXCEPT !.power = "on"]}

Taken(w, command) ==
    LET latched == [w EXCEPT !.latch = command]
    IN IF command = "soft-off" /\ w.power = "off" THEN {w}      \* no operating system is there to be asked
       ELSE IF Latches THEN {latched}
       ELSE Acted(latched)

(* An answer is heard, or lost, or nobody waits for it. *)
AnswerTo(w, command, s, outcome) ==
    IF w.ph = "commanding" /\ w.own = s /\ w.command_heard = "nothing" /\ w.cmd = command
    THEN {[w EXCEPT !.command_heard = outcome]} \cup (IF May(w, "lose") THEN {Spend(w)} ELSE {})
    ELSE {w}

(* What comes in a session that is gone is not answered; whoever closes by id is told that there is none. *)
AnswerToClose(w, s) ==
    IF w.closing = s /\ (w.own # s \/ s \in w.open)
    THEN {[w EXCEPT !.close_heard = TRUE]} \cup (IF May(w, "lose") THEN {Spend(w)} ELSE {})
    ELSE {w}

Dropped(w, sessions) == [w EXCEPT !.open = @ \ sessions, !.carrying = @ \ sessions]

(* The BMC takes a datagram.  It drops what belongs to no session that it keeps, and does not care how often it has *)
(* seen one before: the worst that is out there.                                                                    *)
Heard(w, kind, s) ==
    IF kind = "close" THEN {Dropped(told, {s}) : told \in AnswerToClose(w, s)}
    ELSE IF s \notin w.open THEN {w}
    ELSE UNION {AnswerTo(taken, kind, s, "accepted") : taken \in Taken(w, kind)}
         \cup (IF May(w, "refuse") THEN AnswerTo(Spend(w), kind, s, "refused") ELSE {})

Gone(w, kind, s) == [w EXCEPT !.way[kind] = @ \ {s}]

(* The network: arbitrary delay and order; loss and copies are misfortunes. *)
Deliver == \E kind \in DOMAIN world.way : \E s \in world.way[kind] : world' \in Heard(Gone(world, kind, s), kind, s)
Copy ==
    /\ May(world, "copy")
    /\ \E kind \in DOMAIN world.way : \E s \in world.way[kind] : world' \in Heard(Spend(world), kind, s)
Lose ==
    /\ May(world, "lose")
    /\ \E kind \in DOMAIN world.way : \E s \in world.way[kind] : world' = Gone(Spend(world), kind, s)
NetworkCarries == Deliver \/ Copy \/ Lose

BmcActs ==
    /\ world.latch # "none"
    /\ world' \in Acted(world)
(* It drops a session that nobody uses any more. *)
BmcDropsIdle ==
    /\ world.open \ {world.own} # {}
    /\ world' = Dropped(world, {Lowest(world.open \ {world.own})})
BmcGoesOn == BmcActs \/ BmcDropsIdle

(* An operating system that is gone does nothing any more about what it was asked. *)
ForgetSoftOff(w) == IF w.power = "off" /\ w.latch = "soft-off" THEN [w EXCEPT !.latch = "none"] ELSE w

(* An operator's button, and the power of the room. *)
Rebooted(w) == [w EXCEPT !.open = {}, !.carrying = {}, !.latch = "none"]
Button ==
    /\ May(world, "button")
    /\ world' = ForgetSoftOff([Spend(world) EXCEPT !.meddled = TRUE, !.power = Other(@)])
Outage ==
    /\ May(world, "outage")
    /\ \E power \in Powers : world' = [Rebooted(Spend(world)) EXCEPT !.meddled = TRUE, !.power = power]
OperatorMeddles == Button \/ Outage

Forgot(w) ==
    [EndDrive(w) EXCEPT !.answering = "none", !.starting = FALSE, !.cancelling = FALSE,
                        !.record = @ \cup w.off_record, !.off_record = {},
                        !.quarantine = {}, !.held = {}, !.fence = "none", !.fence_soft = FALSE, !.swept = "none"]
(* A start takes up what is outstanding, in one commit. *)
Recovered(w) == IF w.play = "none" /\ w.wait = "none" THEN w ELSE NodeRecover(NodeRestarted(w))

(* The daemon dies, and starts again.  What the world does in between it can as well do before or after. *)
Crash ==
    /\ May(world, "crash")
    /\ world' = Recovered(Forgot([Spend(world) EXCEPT !.restarted = TRUE]))
Reboot ==
    /\ May(world, "reboot")
    /\ world' = Rebooted(Spend(world))
FateStrikes == Crash \/ Reboot

Init == world = Beginning
Next ==
    \/ SomebodyAsks \/ RegistryPublishes \/ ActionGoesOn \/ SweepGoesOn
    \/ NetworkCarries \/ BmcGoesOn \/ OperatorMeddles \/ FateStrikes

(* Whoever can go on does so at last, each party for itself: the requests that may be made are made.  Misfortunes may *)
(* stop at any time.  Patience that could end again and again does end.                                              *)
Fairness ==
    /\ WF_world(SomebodyAsks) /\ WF_world(RegistryPublishes) /\ WF_world(ActionGoesOn)
    /\ WF_world(SweepGoesOn) /\ WF_world(NetworkCarries) /\ WF_world(BmcGoesOn)
    /\ SF_world(PatienceEnds)

Unfair == Init /\ [][Next]_world
Spec == Unfair /\ Fairness

WellFormed == world \in Worlds
======================================================================================
