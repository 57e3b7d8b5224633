/* The guards and effects of the machine `node`, one for each name in the spec: what powerfsm/registry/decisions.py
 * does to a draft, and powerfsm/registry/registry.py once it is committed.
 *
 * The durable effects of one step are one commit, so they are one atomic step here.  What follows from it (answer,
 * start, cancel) is noted, and done later in one step of its own: a crash can come between, and so can further
 * commits, for the writer may decide many events before it publishes. */

/* Where an operation begins: the power that its first leg, or the leg that it is in, leads to. */
#define FIRST_LEG(ask)      ((ask == on || ask == reset) -> on : off)
#define LEG(ask, behind)    ((ask == on || ask == reset || (ask == cycle && behind)) -> on : off)
#define DESIRE(ask)         (ask == ready -> ready : ((ask == off || ask == soft_off) -> off : on))

/* Guards.  `asked` is none where the event is no request. */
#define guard_joins(n)      (wait[n] == asked || (st[n] != cancelling && play[n] == asked))
#define guard_outranks(n)   (play[n] != none && OUTRANKS(asked, play[n]))
#define guard_leads_on(n)   ((asked != none -> FIRST_LEG(asked) : \
                              (wait[n] != none -> FIRST_LEG(wait[n]) : \
                               (play[n] != none -> LEG(play[n], play_leg[n]) : off))) == on)
#define guard_drives_on(n)  (play[n] != none && LEG(play[n], play_leg[n]) == on)
#define guard_releases(n)   (play[n] == ready)
#define guard_enforce(n)    (POLICY == 2 && desired[n] != none)
#define guard_adopt(n)      (POLICY == 1)

/* An operation's number is one that was free before this step, so that nobody takes it for one that ends in it. */
inline begin(n) {
    if
    :: !((before | outstanding[n]) & BIT(1)) -> given = 1
    :: else ->
        if
        :: !((before | outstanding[n]) & BIT(2)) -> given = 2
        :: else -> given = 3
        fi
    fi;
    outstanding[n] = outstanding[n] | BIT(given)
}

inline end_(n, id) {
    if
    :: (id) && (outstanding[n] & BIT(id)) -> outstanding[n] = outstanding[n] & ~BIT(id)
    :: (id) && !(outstanding[n] & BIT(id)) -> ended_twice[n] = 1
    :: else
    fi
}

inline clear_play(n) { play[n] = none; play_id[n] = 0; play_leg[n] = 0; play_mark[n] = 0 }
inline clear_wait(n) { wait[n] = none; wait_id[n] = 0 }
/* What the onlooker counts, he counts for one operation. */
inline count_anew(n) { resets[n] = 0; off_read[n] = 0 }

/* Durable effects. */
inline do_persist_desired(n)  { desired[n] = DESIRE(asked) }
inline do_put_in_play(n)      { begin(n); play[n] = asked; play_id[n] = given; play_leg[n] = 0; play_mark[n] = 0; count_anew(n) }
inline do_put_waiting(n)      { begin(n); wait[n] = asked; wait_id[n] = given }
inline do_overtake(n)         { end_(n, wait_id[n]); clear_wait(n) }
inline do_join(n) {
    if
    :: wait[n] == asked -> given = wait_id[n]
    :: else -> end_(n, wait_id[n]); clear_wait(n); given = play_id[n]
    fi
}
inline do_supersede(n)        { end_(n, play_id[n]); clear_play(n) }
inline do_promote(n) {
    if
    :: wait[n] != none ->
        play[n] = wait[n]; play_id[n] = wait_id[n]; play_leg[n] = 0; play_mark[n] = 0; clear_wait(n); count_anew(n)
    :: else -> rejected[n] = 1          /* nothing waits: the registry raises LookupError */
    fi
}
inline do_take_leg(n)         { play_leg[n] = 1 }
inline do_declare(n)          { observed[n] = read_as; drifted[n] = 0 }
inline do_succeed(n)          { end_(n, play_id[n]); clear_play(n) }
inline do_fail(n)             { end_(n, play_id[n]); clear_play(n) }
inline do_note_reading(n)     { observed[n] = read_as; drifted[n] = 0 }
inline do_flag_drift(n)       { drifted[n] = 1 }
/* What is adopted is later than what was asked, and holds in its place. */
inline do_adopt_reading(n) {
    desired[n] = read_as; promised[n] = none;
    if :: answering[n] != none -> answering[n] = read_as :: else fi
}
inline do_enforce_desired(n)  { begin(n); play[n] = desired[n]; play_id[n] = given; play_leg[n] = 0; play_mark[n] = 0; count_anew(n) }
inline do_adopt_newest(n) {
    if
    :: wait[n] != none -> do_supersede(n); do_promote(n)
    :: else
    fi
}
inline do_take_next(n)        { after_that = (wait[n] != none) }

/* Live effects: noted with the commit, done by `publish`. */
inline do_answer(n) {
    if
    :: given == 0 -> rejected[n] = 1    /* the requester has no operation: the registry raises LookupError */
    :: else -> answering[n] = DESIRE(asked)
    fi
}
/* The action before it has ended, so a cancel that is still to come finds nobody. */
inline do_start(n)            { starting[n] = 1; cancelling_[n] = 0 }
inline do_cancel(n)           { cancelling_[n] = 1 }

/* What a step of the machine comes with and leaves. */
inline step_begins(n)         { was = st[n]; before = outstanding[n]; given = 0; after_that = 0; off_record[n] = 0 }
inline step_ends(n)           { was = none; before = 0; given = 0; asked = none; read_as = none; after_that = 0 }
inline reject(n, event)       { printf("@%d rejected #%d #%d\n", (n) + 1, st[n], event); rejected[n] = 1 }

inline publish(n) {
    if
    :: answering[n] != none ->
        printf("@%d answer\n", (n) + 1);
        promised[n] = answering[n]; answering[n] = none
    :: else
    fi;
    if
    :: starting[n] ->
        starting[n] = 0; swept[n] = none;
        if :: ph[n] == none -> stop_closing(n) :: else fi;
        if
        :: play[n] == none -> rejected[n] = 1           /* the registry raises LookupError */
        :: play[n] != none && ph[n] != none -> crowded[n] = 1
        :: else ->
            printf("@%d start #%d\n", (n) + 1, play[n]);
            leg[n] = play_leg[n]; spent[n] = play_mark[n]; begin_drive(n)
        fi
    :: else
    fi;
    if
    :: cancelling_[n] ->
        printf("@%d cancel\n", (n) + 1);
        cancelling_[n] = 0;
        if
        :: ph[n] != none -> told_to_end[n] = 1
        :: else
        fi
    :: else
    fi
}
