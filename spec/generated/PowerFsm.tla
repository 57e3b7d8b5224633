---------------------------------- MODULE PowerFsm -----------------------------------
\* Made from spec/power.yaml by scripts/generate; change that and run it again.
EXTENDS World

\* 1. Between the first datagram of a power command and its end (answered, fenced or quarantined) no other power command goes to that node.
OneCommand == (FactCommands(world) <= 1)
NeverOneCommand == ~((FactCommands(world) = 1) /\ (FactState(world) = "cancelling"))

\* 1. No action begins before the one in play has ended.
OneAction == (FactActions(world) <= 1)
NeverOneAction == ~((FactActions(world) = 1) /\ (~(FactWaiting(world) = "none")))

\* 2. A node at rest has no operation, neither in play nor waiting.
AtRestNothingInPlay == ((FactAtRest(world)) => ((FactInPlay(world) = "none") /\ (FactWaiting(world) = "none")))
NeverAtRestNothingInPlay == ~((FactAtRest(world)) /\ (FactObserved(world) = "on"))

\* 2. What is driven is driven for an operation.
DrivenForSomebody == ((FactAtRest(world)) \/ (~(FactInPlay(world) = "none")))
NeverDrivenForSomebody == ~(~(FactAtRest(world)))

\* 2. However many requests: one operation in play and one waiting.
OneWaiting == (FactOutstanding(world) <= 2)
NeverOneWaiting == ~(FactOutstanding(world) = 2)

\* 2. A request that equals what is in play, and is not being cancelled, never waits.
EqualOnesJoin == ((FactWaiting(world) = FactInPlay(world)) => ((FactWaiting(world) = "none") \/ (FactState(world) = "cancelling")))
NeverEqualOnesJoin == ~((FactWaiting(world) = FactInPlay(world)) /\ (FactState(world) = "cancelling"))

\* 3. An action is cancelled only for one that waits.
CancelledForSomebody == ((FactState(world) = "cancelling") => (~(FactWaiting(world) = "none")))
NeverCancelledForSomebody == ~(FactState(world) = "cancelling")

\* 3. Where off outranks on, an off in play is never cancelled, however often on is asked for meanwhile.
OffHoldsDown == (((FactRanking(world) = "off-outranks-on") /\ (FactState(world) = "cancelling")) => (~(FactInPlay(world) = "off")))
NeverOffHoldsDown == ~(((FactRanking(world) = "off-outranks-on") /\ (FactInPlay(world) = "off")) /\ (FactWaiting(world) = "on"))

\* 4. What a requester was told to be desired is desired on disk until a later request is accepted, whatever dies.
AnsweredSurvives == ((FactPromised(world) = "none") \/ (FactDesired(world) = FactPromised(world)))
NeverAnsweredSurvives == ~((~(FactPromised(world) = "none")) /\ (FactRestarted(world)))

\* 4. Every command that is sent is asked for by the operation that is durably in play.
DurableIntent == (~(FactUnasked(world)))
NeverDurableIntent == ~(FactCommands(world) = 1)

\* 5. An operation in play has an action that runs or is about to, after a crash too.
TakenUp == ((FactInPlay(world) = "none") \/ (FactDriven(world)))
NeverTakenUp == ~(((~(FactInPlay(world) = "none")) /\ (FactDriven(world))) /\ (FactRestarted(world)))

\* 6. No command of ours can still turn off a node that is declared on.
OnIsNotUndone == ((FactDeclared(world) = "on") => (~(FactOffMayCome(world))))
NeverOnIsNotUndone == ~((FactDeclared(world) = "on") /\ (FactOnMayCome(world)))

\* 6. No command of ours can still turn on a node that is declared off.
OffIsNotUndone == ((FactDeclared(world) = "off") => (~(FactOnMayCome(world))))
NeverOffIsNotUndone == ~((FactDeclared(world) = "off") /\ (FactOffMayCome(world)))

\* 6. What is declared was read, and the last reading says the same, or the node is marked as drifted.
DeclaredWasRead == (((FactDeclared(world) = "none") \/ (FactObserved(world) = FactDeclared(world))) \/ (FactDrifted(world)))
NeverDeclaredWasRead == ~((~(FactDeclared(world) = "none")) /\ (FactObserved(world) = FactDeclared(world)))

\* 6. What is declared is so, where nobody meddles.
DeclaredIsSo == (((FactDeclared(world) = "none") \/ (FactPower(world) = FactDeclared(world))) \/ (FactMeddled(world)))
NeverDeclaredIsSo == ~(((FactDeclared(world) = "on") /\ (FactPower(world) = "on")) /\ (~(FactMeddled(world))))

\* 7. Every operation that has begun is in play or waits until it ends, and ends once.
EndsOnce == ((~(FactAdrift(world))) /\ (~(FactEndedTwice(world))))
NeverEndsOnce == ~(FactOutstanding(world) = 2)

\* 8. A session in which a command was sent is on record until it is closed.
OnRecord == (~(FactUnrecorded(world)))
NeverOnRecord == ~((FactCommands(world) = 1) /\ (FactRestarted(world)))

\* 8. A reset is not sent twice for one operation, unless the BMC told that it did not do the first.
ResetOnce == (FactResets(world) <= 1)
NeverResetOnce == ~((FactResets(world) = 1) /\ (FactRestarted(world)))

\* 8. A cycle whose off was read does not turn the node off again.
CycleOnce == (~(FactCycledTwice(world)))
NeverCycleOnce == ~(((FactInPlay(world) = "cycle") /\ (FactPower(world) = "on")) /\ (FactRestarted(world)))

\* 9. Ready rests on a reading of off, and is marked as drifted once a reading says on.
ReadyWasReadOff == ((FactState(world) = "ready") => ((FactObserved(world) = "off") \/ (FactDrifted(world))))
NeverReadyWasReadOff == ~(FactState(world) = "ready")

\* 7. No event comes that the spec rejects.
NoDefect == (~(FactRejected(world)))
NeverNoDefect == ~((FactState(world) = "cancelling") /\ (FactRestarted(world)))

\* 5. In the end the node is declared to be what was asked for last, and is so.
\* Given: Requests stop, misfortunes stop, and whoever can go on does so at last (weak fairness).
Converges == <>[](((~(FactDeclared(world) = "none")) /\ (FactPower(world) = FactDeclared(world))) /\ (FactDeclared(world) = FactWanted(world)))
NeverConverges == ~((FactDeclared(world) = "on") /\ (FactPower(world) = "on"))

\* 7. In the end no operation is left.
\* Given: Requests stop, misfortunes stop, and whoever can go on does so at last (weak fairness).
AllEnd == <>[](FactOutstanding(world) = 0)
NeverAllEnd == ~(FactOutstanding(world) = 2)

\* 7. Every operation ends, even if requests never stop.
\* Given: Misfortunes stop, and whoever can go on does so at last (weak fairness).
EachEnds == (FactFirstOpen(world)) ~> (~(FactFirstOpen(world)))
NeverEachEnds == ~((FactFirstOpen(world)) /\ (FactOutstanding(world) = 2))

\* 3. Where off outranks on, an off in play is read off, even if requests never stop.
\* Given: Off outranks on, the daemon does not die (a start takes up what was asked last), misfortunes stop, and whoever can go on does so at last (weak fairness).
OffIsReached == (FactInPlay(world) = "off") ~> (FactObserved(world) = "off")
NeverOffIsReached == ~((FactInPlay(world) = "off") /\ (FactObserved(world) = "on"))

\* 10. A power that is not as declared is read and marked, adopted or driven back, or is as declared again.
\* Given: The sweep goes on, misfortunes stop, and whoever can go on does so at last (weak fairness).
DriftIsSeen == ((~(FactDeclared(world) = "none")) /\ (~(FactPower(world) = FactDeclared(world)))) ~> (((FactDrifted(world)) \/ (FactDeclared(world) = "none")) \/ (FactPower(world) = FactDeclared(world)))
NeverDriftIsSeen == ~(FactDrifted(world))

======================================================================================
