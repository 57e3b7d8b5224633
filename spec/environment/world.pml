/* Everything that is not the daemon: requesters, the network, the BMC, an operator; and what can befall the daemon. */

/* Requesters: any number of them, each asking for anything, at any time. */
#define ASK(ask, bit) :: (ASKS & bit) -> asked = ask
proctype Requesters(byte n) {
end:
    do
    :: atomic { requests[n] < REQUESTS ->
           if :: REQUESTS < 255 -> requests[n]++ :: else fi;
           if
           ASK(on, 1)
           ASK(off, 2)
           ASK(ready, 4)
           ASK(soft_off, 8)
           ASK(cycle, 16)
           ASK(reset, 32)
           fi;
           promised[n] = none;
           printf("@%d request #%d\n", n + 1, asked);
           node_request(n) }
    od
}

/* The registry does what follows from its last commit. */
proctype Registry(byte n) {
end:
    do
    :: atomic { answering[n] != none || starting[n] || cancelling_[n] -> publish(n) }
    od
}

/* A node at rest is read now and then, once what is on record is closed and has settled; all of it is given up where
 * an action starts. */
#define MAY_SWEEP(n) (SWEEPS && RESTS(st[n]) && ph[n] == none && !starting[n] && swept[n] == none)
proctype Sweep(byte n) {
end:
    do
    :: atomic { MAY_SWEEP(n) && closing_[n] == 0 && (ON_RECORD(n) & ~quarantine[n]) != 0 ->
           which = LOWEST(ON_RECORD(n) & ~quarantine[n]); send_close(n, which); which = 0 }
    :: atomic { ph[n] == none && close_heard[n] ->
           printf("@%d closed %d\n", n + 1, closing_[n]);
           count_as_fenced(n, closing_[n]); stop_closing(n) }
    :: atomic { ph[n] == none && closing_[n] != 0 && !close_heard[n] && MAY(LATE) -> luck--; stop_closing(n) }
    :: atomic { MAY_SWEEP(n) && (ON_RECORD(n) & quarantine[n]) != 0 && DEAD(n, ON_RECORD(n) & quarantine[n]) ->
           do_forget_sessions(n) }
    :: atomic { MAY_SWEEP(n) && ON_RECORD(n) == 0 && (latch[n] == none || (latch[n] == soft_off && !fence_soft[n])) ->
           read_power(n, swept[n]);
           printf("@%d sweep-sample #%d\n", n + 1, swept[n]) }
    :: atomic { swept[n] != none ->
           read_as = swept[n]; swept[n] = none;
           printf("@%d sweep-read #%d\n", n + 1, read_as);
           if :: read_as == on -> node_read_on(n) :: else -> node_read_off(n) fi }
    od
}

/* The word for a kind of datagram. */
#define NAMED(kind)      (kind == WAY_ON -> on : (kind == WAY_OFF -> off : \
                          (kind == WAY_SOFT -> soft_off : (kind == WAY_RESET -> reset : close))))

/* The BMC takes a datagram.  It drops what belongs to no session that it keeps, and does not care how often it has
 * seen one before: the worst that is out there. */
inline hear(n, kind, session) {
    printf("@%d deliver #%d %d\n", (n) + 1, NAMED(kind), session);
    if
    :: kind == WAY_CLOSE ->
        if
        /* What comes in a session that is gone is not answered; whoever closes by id is told that there is none. */
        :: closing_[n] == session && own[n] == session && !(open[n] & BIT(session)) ->
            printf("@%d ignore %d\n", (n) + 1, session)
        :: closing_[n] == session && (own[n] != session || (open[n] & BIT(session))) ->
            if
            :: close_heard[n] = 1
            :: MAY(LOSE) -> luck--; printf("@%d lose answer %d\n", (n) + 1, session)
            fi
        :: else
        fi;
        open[n] = open[n] & ~BIT(session); carrying[n] = carrying[n] & ~BIT(session)
    :: else ->
        if
        :: !(open[n] & BIT(session)) -> printf("@%d ignore %d\n", (n) + 1, session)
        :: else ->
            if
            :: take(n, NAMED(kind)); answer_command(n, kind, session, 2)
            :: MAY(REFUSE) -> luck--; printf("@%d refuse %d\n", (n) + 1, session); answer_command(n, kind, session, 3)
            fi
        fi
    fi
}
inline answer_command(n, kind, session, outcome) {
    if
    :: ph[n] == commanding && own[n] == session && command_heard[n] == 1 && WAY_OF(cmd[n]) == kind ->
        if
        :: command_heard[n] = outcome
        :: MAY(LOSE) -> luck--; printf("@%d lose answer %d\n", (n) + 1, session)
        fi
    :: else
    fi
}

inline take(n, command) {
    if
    :: command == soft_off && power[n] == off           /* no operating system is there to be asked */
    :: else ->
        latch[n] = command;
        printf("@%d latch #%d\n", (n) + 1, command);
        if :: !LATCHES -> act(n) :: else fi
    fi
}

inline act(n) {
    if
    :: latch[n] == on -> power[n] = on
    :: latch[n] == off -> power[n] = off
    /* The operating system may do as it was asked, or not. */
    :: latch[n] == soft_off -> if :: power[n] = off :: skip fi
    /* What is off cannot be reset, though some BMCs power it on. */
    :: latch[n] == reset -> if :: power[n] = on :: skip fi
    fi;
    printf("@%d act #%d\n", (n) + 1, power[n]);
    latch[n] = none
}
/* An operating system that is gone does nothing any more about what it was asked. */
inline forget_soft_off(n) {
    if
    :: power[n] == off && latch[n] == soft_off -> latch[n] = none
    :: else
    fi
}

#define ANYTHING_UNDER_WAY(n) (UNDER_WAY(n) | WAY(n, WAY_CLOSE))

proctype Network(byte n) {
end:
    do
    :: atomic { ANYTHING_UNDER_WAY(n) != 0 ->
           if
           :: WAY(n, WAY_ON) -> what = WAY_ON
           :: WAY(n, WAY_OFF) -> what = WAY_OFF
           :: WAY(n, WAY_SOFT) -> what = WAY_SOFT
           :: WAY(n, WAY_RESET) -> what = WAY_RESET
           :: WAY(n, WAY_CLOSE) -> what = WAY_CLOSE
           fi;
           if
           :: (WAY(n, what) & BIT(1)) -> which = 1
           :: (WAY(n, what) & BIT(2)) -> which = 2
           :: (WAY(n, what) & BIT(3)) -> which = 3
           fi;
           if
           :: WAY(n, what) = WAY(n, what) & ~BIT(which); hear(n, what, which)
           :: MAY(COPY) -> luck--; printf("@%d copy #%d %d\n", n + 1, NAMED(what), which); hear(n, what, which)
           :: MAY(LOSE) -> luck--; printf("@%d lose #%d %d\n", n + 1, NAMED(what), which); WAY(n, what) = WAY(n, what) & ~BIT(which)
           fi;
           what = 0; which = 0 }
    od
}

proctype Bmc(byte n) {
end:
    do
    /* It acts on what it has accepted. */
    :: atomic { latch[n] != none -> act(n) }
    /* It drops a session that nobody uses any more. */
    :: atomic { open[n] & ~(own[n] -> BIT(own[n]) : 0) ->
           which = LOWEST(open[n] & ~(own[n] -> BIT(own[n]) : 0));
           printf("@%d idle %d\n", n + 1, which);
           open[n] = open[n] & ~BIT(which); carrying[n] = carrying[n] & ~BIT(which); which = 0 }
    od
}

/* An operator's button, and the power of the room. */
proctype Operator(byte n) {
end:
    do
    :: atomic { MAY(BUTTON) ->
           luck--; meddled[n] = 1; power[n] = (power[n] == on -> off : on);
           printf("@%d button #%d\n", n + 1, power[n]);
           forget_soft_off(n) }
    :: atomic { MAY(OUTAGE) ->
           luck--; meddled[n] = 1; open[n] = 0; carrying[n] = 0; latch[n] = none;
           printf("@%d reboot\n", n + 1);
           if :: power[n] = on :: power[n] = off fi;
           printf("@%d restore #%d\n", n + 1, power[n]) }
    od
}

inline forget(n) {
    answering[n] = none; starting[n] = 0; cancelling_[n] = 0;
    end_drive(n);
    record[n] = (LEFT_OUT == FENCE_THE_DEAD -> 0 : record[n] | off_record[n]); off_record[n] = 0;
    desired[n] = (LEFT_OUT == PERSIST_FIRST -> none : desired[n]);
    quarantine[n] = 0; held[n] = 0; fence[n] = none; fence_soft[n] = 0; swept[n] = none
}

/* A start takes up what is outstanding, in one commit. */
inline take_up(n) {
    if
    :: play[n] != none || wait[n] != none -> node_restarted(n); node_recover(n)
    :: else
    fi
}

/* The daemon dies, and starts again.  What the world does in between it can as well do before or after. */
proctype Fate() {
end:
    do
    :: atomic { MAY(CRASH) ->
           luck--; restarted_ = 1;
           printf("@0 crash\n");
           forget(0); take_up(0);
#if N == 2
           forget(1); take_up(1);
#endif
           skip }
    :: atomic { MAY(REBOOT) ->
           luck--;
           open[0] = 0; carrying[0] = 0; latch[0] = none; printf("@1 reboot\n");
#if N == 2
           open[1] = 0; carrying[1] = 0; latch[1] = none; printf("@2 reboot\n");
#endif
           skip }
    od
}

#ifdef LIVENESS
/* Somebody always can go on: without him, weak fairness looks for ever at parties that cannot. */
proctype Clock() { bit tick; do :: tick = 1 - tick od }
#endif

inline people(n) {
    run Requesters(n); run Registry(n); run Action(n); run Network(n); run Bmc(n);
    /* Weak fairness costs a copy of every state for each party: who has nothing to do here stays away. */
    if :: SWEEPS -> run Sweep(n) :: else fi;
    if :: KINDS & (BUTTON | OUTAGE) -> run Operator(n) :: else fi
}
