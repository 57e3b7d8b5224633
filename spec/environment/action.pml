/* The action that walks the machine `drive`: for each phase what powerfsm/actions/drive.py does in it, await by await.
 *
 * Between any two of the steps below the world goes on, the registry decides, and the daemon can die.  How long
 * anything takes is not modelled: a time-out is something that can happen, and the two times that the protocol rests
 * on (settle, quarantine) are the conditions that they are there to wait for. */

#define LOWEST(set)      (((set) & BIT(1)) -> 1 : (((set) & BIT(2)) -> 2 : (((set) & BIT(3)) -> 3 : 0)))
#define ON_RECORD(n)     (record[n] & ~held[n])
/* Whom fencing closes next: the drive's own session, then the others on record by their ids. */
#define TO_CLOSE(n)      (own[n] -> own[n] : LOWEST(ON_RECORD(n) & ~quarantine[n]))

/* The time assumptions, as what they are there to wait for: an accepted command acts within `settle` (a soft-off within
 * `soft-settle`), a datagram lives no longer than `packet-lifetime`, an idle session no longer than `idle-limit`. */
#define SETTLED(n)       (fence[n] == goal[n] || latch[n] == none || (latch[n] == soft_off && !fence_soft[n]))
#define UNDER_WAY(n)     (WAY(n, WAY_ON) | WAY(n, WAY_OFF) | WAY(n, WAY_SOFT) | WAY(n, WAY_RESET))
#define DEAD(n, set)     (((set) & (open[n] | UNDER_WAY(n))) == 0)

/* Numbers that nothing refers to. */
#define UNUSED(n)        (~(record[n] | off_record[n] | open[n] | UNDER_WAY(n) | WAY(n, WAY_CLOSE) | commanded[n] | \
                            (own[n] -> BIT(own[n]) : 0)) & (BIT(1) | BIT(2) | BIT(3)))

#define AT(n, phase)     (ph[n] == phase && telling[n] == none)
#define CLOSES_OWN(n)    (closing_[n] != 0 && closing_[n] == own[n])
/* Nobody is left to answer: the session in which it was sent is gone. */
#define UNHEARD(n)       (CLOSES_OWN(n) && !(open[n] & BIT(own[n])) && !(WAY(n, WAY_CLOSE) & BIT(own[n])))
/* What was commanded will not come any more: patience ends at last, and before that at any time. */
#define IN_VAIN(n)       (awaiting[n] && latch[n] == none && (UNDER_WAY(n) & open[n]) == 0)
#ifdef LIVENESS
#define PATIENT_YET(n)   (!IN_VAIN(n))
#else
#define PATIENT_YET(n)   (true)
#endif
/* When earlier sessions are closed: before all else, or, where that is left out, once its own is. */
#define FENCING(n)       (telling[n] == none && \
                          (LEFT_OUT == FENCE_FIRST -> (ph[n] == closing && own[n] == 0) : ph[n] == fencing))
#define CLOSING_PHASE(n) (telling[n] == none && \
                          (ph[n] == closing || ph[n] == resting || ph[n] == giving_up || ph[n] == withdrawing))

/* A Close Session leaves, in the session itself or by its id. */
inline send_close(n, session) {
    printf("@%d close %d\n", (n) + 1, session);
    closing_[n] = session; close_heard[n] = (LEFT_OUT == AWAIT_CLOSE);
    WAY(n, WAY_CLOSE) = WAY(n, WAY_CLOSE) | BIT(session)
}
inline stop_closing(n) { closing_[n] = 0; close_heard[n] = 0 }

/* The drive's own session is closed, or is given up: nothing more is sent in it. */
inline own_closed(n) {
    if :: closing_[n] || LEFT_OUT == 0 -> printf("@%d closed %d\n", (n) + 1, own[n]) :: else fi;
    if :: !sent[n] -> CARRIED(n, own[n]) = none :: else fi;
    count_as_fenced(n, own[n]);
    own[n] = 0; sent[n] = 0; stop_closing(n)
}
/* What can be left out: that it is closed, before it is forgotten. */
#define LEFT_OPEN(n)     (own[n] != 0 && ((LEFT_OUT == ALWAYS_CLOSE && ph[n] != withdrawing) || \
                                          (LEFT_OUT == CLOSE_ANSWERED && sent[n] && !(commanded[n] & BIT(own[n])))))
inline own_given_up(n) {
    /* A session in which no command was sent cannot act; the BMC drops what is left of it. */
    if
    :: !sent[n] -> CARRIED(n, own[n]) = none; count_as_fenced(n, own[n])
    :: else
    fi;
    own[n] = 0; sent[n] = 0; stop_closing(n)
}

#define WAY_OF(command)  (command == on -> WAY_ON : (command == off -> WAY_OFF : (command == soft_off -> WAY_SOFT : WAY_RESET)))

inline send_command(n) {
    printf("@%d send #%d %d\n", (n) + 1, cmd[n], own[n]);
    /* What the onlooker sees: is it asked for, and is it the first of its kind. */
    if
    :: play[n] == none || DIRECTION(cmd[n]) != LEG(play[n], play_leg[n]) -> unasked[n] = 1
    :: else
    fi;
    if
    :: cmd[n] == off && play[n] == cycle && off_read[n] -> cycled_twice[n] = 1
    :: else
    fi;
    if
    :: cmd[n] == reset && resets[n] < 2 -> resets[n] = resets[n] + 1
    :: else
    fi;
    commanded[n] = commanded[n] | BIT(own[n]);
    carrying[n] = carrying[n] | (BIT(own[n]) & open[n]);
    WAY(n, WAY_OF(cmd[n])) = WAY(n, WAY_OF(cmd[n])) | BIT(own[n]);
    sent[n] = 1; command_heard[n] = 1;
    if :: cmd[n] == soft_off -> awaiting[n] = 1 :: else fi
}

inline put_on_record(n) {
    record[n] = record[n] | BIT(own[n]); CARRIED(n, own[n]) = cmd[n];
    printf("@%d record %d\n", (n) + 1, own[n])
}

/* The BMC has read its power, for an answer that is still to arrive. */
inline read_power(n, into) {
    if
    :: into = power[n]
    :: MAY(LIE) -> luck--; meddled[n] = 1; into = (power[n] == on -> off : on)
    fi
}

inline try_again_or_not() {
    if :: transient_ = 1 :: transient_ = 0 fi
}

/* One action at a time, from its start to its end. */
proctype Action(byte n) {
end:
    do
    /* What it reports, it reports before it goes on; by then what followed from earlier commits is done. */
    :: atomic { telling[n] == fence_unanswered -> telling[n] = none; node_fence_unanswered(n); publish(n) }
    :: atomic { telling[n] == quarantine_over -> telling[n] = none; node_quarantine_over(n); publish(n) }

    /* fencing */
    :: atomic { FENCING(n) && closing_[n] == 0 && TO_CLOSE(n) != 0 ->
           which = TO_CLOSE(n); send_close(n, which); which = 0 }
    :: atomic { FENCING(n) && close_heard[n] ->
           if
           :: CLOSES_OWN(n) -> own_closed(n)
           :: else ->
               printf("@%d closed %d\n", n + 1, closing_[n]);
               count_as_fenced(n, closing_[n]); stop_closing(n)
           fi }
    :: atomic { FENCING(n) && closing_[n] != 0 && !close_heard[n] && (UNHEARD(n) || MAY(LATE)) ->
           if :: !UNHEARD(n) -> luck-- :: else fi;
           if
           :: CLOSES_OWN(n) -> own_given_up(n)
           :: else -> quarantine[n] = quarantine[n] | BIT(closing_[n]); stop_closing(n)
           fi }
    :: atomic { AT(n, fencing) && closing_[n] == 0 && (TO_CLOSE(n) == 0 || LEFT_OUT == FENCE_FIRST) ->
           if
           :: (ON_RECORD(n) & quarantine[n]) -> drive_fence_unanswered(n)
           :: else -> drive_fenced(n)
           fi }

    /* quarantined */
    :: atomic { AT(n, quarantined) && DEAD(n, ON_RECORD(n) & quarantine[n]) -> drive_quarantine_over(n) }

    /* settling */
    :: atomic { AT(n, settling) && SETTLED(n) ->
           if :: goal[n] == on -> release_held(n) :: else fi;
           drive_settled(n) }

    /* opening: the BMC gives a session, or it has none to give, or logging in goes wrong.  Waiting for the daemon's own
     * limits comes first, and there a cancel is noticed. */
    :: atomic { AT(n, opening) && !told_to_end[n] && UNUSED(n) != 0 && SESSIONS_OPEN < SLOTS ->
           own[n] = LOWEST(UNUSED(n)); sent[n] = 0;
           open[n] = open[n] | BIT(own[n]);
           printf("@%d open %d\n", n + 1, own[n]);
           drive_opened(n) }
    :: atomic { AT(n, opening) && SESSIONS_OPEN >= SLOTS -> transient_ = 1; drive_failure(n) }
    :: atomic { AT(n, opening) && MAY(FAIL) -> luck--; try_again_or_not(); drive_failure(n) }

    /* recording */
    :: atomic { AT(n, recording) ->
           off_record[n] = 0;
           if :: LEFT_OUT != RECORD_FIRST -> put_on_record(n) :: else fi;
           drive_recorded(n) }

    /* checking and reading: the BMC reads, and its answer arrives */
    :: atomic { (AT(n, checking) || AT(n, reading)) && sample[n] == none && (open[n] & BIT(own[n])) ->
           read_power(n, sample[n]);
           printf("@%d sample #%d\n", n + 1, sample[n]) }
    :: atomic { (AT(n, checking) || AT(n, reading)) && sample[n] != none ->
           printf("@%d read #%d\n", n + 1, sample[n]);
           read_as = sample[n];
           if
           :: sample[n] == goal[n] -> drive_read_goal(n)
           :: else ->
               if
               :: PATIENT_YET(n) -> patient_ = 1
               :: IN_VAIN(n) -> patient_ = 0
               :: awaiting[n] && !IN_VAIN(n) && MAY(IMPATIENT) -> luck--; patient_ = 0
               fi;
               drive_read_other(n)
           fi }
    :: atomic { (AT(n, checking) || AT(n, reading)) && (!(open[n] & BIT(own[n])) || MAY(FAIL)) ->
           if :: !(open[n] & BIT(own[n])) -> transient_ = 1 :: else -> luck--; try_again_or_not() fi;
           drive_failure(n) }

    /* marking */
    :: atomic { AT(n, marking) -> off_record[n] = 0; play_mark[n] = 1; spent[n] = 1; drive_marked(n) }

    /* commanding: it is sent, and answered, refused, or nothing comes back */
    :: atomic { AT(n, commanding) && command_heard[n] == 0 && own[n] != 0 -> send_command(n) }
    :: atomic { AT(n, commanding) && command_heard[n] == 2 ->
           if :: LEFT_OUT == RECORD_FIRST -> put_on_record(n) :: else fi;
           printf("@%d answered %d\n", n + 1, own[n]);
           commanded[n] = commanded[n] & ~BIT(own[n]);
           if :: cmd[n] != soft_off -> awaiting[n] = 1 :: else fi;
           drive_answered(n) }
    :: atomic { AT(n, commanding) && command_heard[n] == 3 ->
           commanded[n] = commanded[n] & ~BIT(own[n]);
           if :: cmd[n] == reset && resets[n] > 0 -> resets[n] = resets[n] - 1 :: else fi;
           if
           :: transient_ = 1
           :: unsupported_ = 1
           :: skip
           fi;
           drive_refused(n) }
    :: atomic { AT(n, commanding) && command_heard[n] == 1 && (!(WAY(n, WAY_OF(cmd[n])) & BIT(own[n])) || MAY(LATE)) ->
           if :: (WAY(n, WAY_OF(cmd[n])) & BIT(own[n])) -> luck-- :: else fi;
           drive_unanswered(n) }

    :: atomic { LEFT_OUT == FENCE_FIRST && FENCING(n) && closing_[n] == 0 && TO_CLOSE(n) == 0 -> drive_closed(n) }

    /* closing, resting, giving up and withdrawing: its own session is closed first, if it has one */
    :: atomic { CLOSING_PHASE(n) && own[n] != 0 && closing_[n] == 0 && !LEFT_OPEN(n) -> send_close(n, own[n]) }
    :: atomic { CLOSING_PHASE(n) && ((CLOSES_OWN(n) && close_heard[n]) || (closing_[n] == 0 && LEFT_OPEN(n))) ->
           own_closed(n);
           if
           :: ph[n] == closing && LEFT_OUT != FENCE_FIRST ->
               if :: goal[n] == off -> release_held(n) :: else fi;
               drive_closed(n)
           :: else
           fi }
    :: atomic { CLOSING_PHASE(n) && CLOSES_OWN(n) && !close_heard[n] && (UNHEARD(n) || MAY(LATE)) ->
           if :: !UNHEARD(n) -> luck-- :: else fi;
           own_given_up(n);
           if
           :: ph[n] == closing ->
               if :: goal[n] == off -> release_held(n) :: else fi;
               drive_failure(n)
           :: else
           fi }
    :: atomic { AT(n, resting) && own[n] == 0 -> drive_rested(n) }
    :: atomic { (AT(n, giving_up) || AT(n, withdrawing)) && own[n] == 0 -> drive_left(n) }

    /* A Close Session is sent again for as long as its answer is waited for, which is not for ever. */
    :: atomic { closing_[n] != 0 && !close_heard[n] && !(WAY(n, WAY_CLOSE) & BIT(closing_[n])) && !UNHEARD(n) ->
           send_close(n, closing_[n]) }

    /* The deadline, and being cancelled, strike at any await but for the closing of its own session. */
    :: atomic { ph[n] != none && !IS_FINAL(ph[n]) && !IS_LEAVING(ph[n]) && telling[n] == none && !CLOSES_OWN(n) && MAY(EXPIRE) ->
           luck--; stop_closing(n); drive_expired(n) }
    :: atomic { told_to_end[n] && !IS_FINAL(ph[n]) && !IS_LEAVING(ph[n]) && telling[n] == none && !CLOSES_OWN(n) ->
           told_to_end[n] = 0; stop_closing(n); drive_broken_off(n) }

    /* The end: told to the registry, who puts the action out of play in the same commit. */
    :: atomic { AT(n, done) && play[n] == cycle && leg[n] == 0 ->
           read_as = off; off_read[n] = 1;
           node_turned(n); publish(n);
           leg[n] = 1; begin_drive(n) }
    :: atomic { AT(n, done) && !(play[n] == cycle && leg[n] == 0) ->
           read_as = goal[n]; end_drive(n); node_confirmed(n) }
    :: atomic { AT(n, failed) -> end_drive(n); node_gave_up(n) }
    :: atomic { AT(n, withdrawn) -> end_drive(n); node_cancelled(n) }
    od
}
