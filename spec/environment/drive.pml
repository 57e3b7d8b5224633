/* The guards and effects of the machine `drive`, one for each name in the spec, and what is remembered of sessions that
 * were closed or could not be: what powerfsm/actions/drive.py and powerfsm/actions/fences.py keep in memory. */

/* Guards. */
#define guard_transient(n)   (transient_)
#define guard_once(n)        (play[n] == reset && cmd[n] == reset)
#define guard_spent(n)       (spent[n])
#define guard_accepted(n)    (accepted[n])
#define guard_soft(n)        (cmd[n] == soft_off)
#define guard_unsupported(n) (unsupported_)
#define guard_patient(n)     (patient_)

/* Effects. */
inline do_forget_sessions(n) {
    if :: (record[n] & ~held[n] & BIT(1)) -> count_as_fenced(n, 1) :: else fi;
    if :: (record[n] & ~held[n] & BIT(2)) -> count_as_fenced(n, 2) :: else fi;
    if :: (record[n] & ~held[n] & BIT(3)) -> count_as_fenced(n, 3) :: else fi
}
inline do_tell_quarantined(n) { telling[n] = fence_unanswered }
inline do_tell_released(n)    { telling[n] = quarantine_over }
inline do_escalate(n)         { cmd[n] = off; awaiting[n] = 0 }
inline do_start_instead(n)    { cmd[n] = on }
inline do_accept(n)           { accepted[n] = 1 }
inline do_acquit(n) {
    if
    :: spent[n] -> spent[n] = 0; play_mark[n] = 0
    :: else
    fi
}

/* What a step of the machine comes with and leaves. */
inline phase_begins(n)        { was = ph[n] }
inline phase_ends(n)          { was = none; transient_ = 0; unsupported_ = 0; patient_ = 0; sample[n] = none; command_heard[n] = 0 }

inline begin_drive(n) {
    goal[n] = LEG(play[n], leg[n]);
    cmd[n] = (play[n] == soft_off -> soft_off : (play[n] == reset -> reset : goal[n]));
    accepted[n] = 0; awaiting[n] = 0; own[n] = 0; sent[n] = 0;
    ph[n] = FIRST_PHASE
}

inline end_drive(n) {
    ph[n] = none; leg[n] = 0; goal[n] = none; cmd[n] = none; own[n] = 0; sent[n] = 0;
    accepted[n] = 0; spent[n] = 0; awaiting[n] = 0; told_to_end[n] = 0; telling[n] = none;
    closing_[n] = 0; close_heard[n] = 0; command_heard[n] = 0; sample[n] = none
}

/* A session is shown to be closed, or must be dead (powerfsm/actions/fences.py).  One that carried a soft-off stays on
 * record, for the operating system may act on it much later. */
inline count_as_fenced(n, session) {
    commanded[n] = commanded[n] & ~BIT(session);
    quarantine[n] = quarantine[n] & ~BIT(session);
    if
    :: CARRIED(n, session) == none -> off_the_record(n, session)
    :: else ->
        fence_soft[n] = (CARRIED(n, session) == soft_off || (fence_soft[n] && fence[n] == DIRECTION(CARRIED(n, session))));
        fence[n] = DIRECTION(CARRIED(n, session));
        if
        :: CARRIED(n, session) == soft_off -> held[n] = held[n] | BIT(session)
        :: else -> off_the_record(n, session)
        fi
    fi
}
inline off_the_record(n, session) {
    if
    :: (record[n] & BIT(session)) -> record[n] = record[n] & ~BIT(session); off_record[n] = off_record[n] | BIT(session)
    :: else
    fi;
    CARRIED(n, session) = none
}
inline release_held(n) {
    fence_soft[n] = 0;
    if :: (held[n] & BIT(1)) -> off_the_record(n, 1) :: else fi;
    if :: (held[n] & BIT(2)) -> off_the_record(n, 2) :: else fi;
    if :: (held[n] & BIT(3)) -> off_the_record(n, 3) :: else fi;
    held[n] = 0
}
