/* Made from spec/power.yaml by scripts/generate; change that and run it again. */
inline node_next(n) {
    step_begins(n);
    if
    :: st[n] == unknown ->    /* node: unknown, next */
        if
        :: guard_leads_on(n) -> do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == ready ->    /* node: ready, next */
        if
        :: guard_leads_on(n) -> do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == on ->    /* node: on, next */
        if
        :: guard_leads_on(n) -> do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == off ->    /* node: off, next */
        if
        :: guard_leads_on(n) -> do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == error ->    /* node: error, next */
        if
        :: guard_leads_on(n) -> do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: else -> reject(n, next)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, next, st[n]);
    step_ends(n)
}
inline node_request(n) {
    step_begins(n);
    if
    :: st[n] == unknown ->    /* node: unknown, request */
        if
        :: guard_leads_on(n) -> do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_on
        :: else ->
            do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == ready ->    /* node: ready, request */
        if
        :: guard_leads_on(n) -> do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_on
        :: else ->
            do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == powering_on ->    /* node: powering-on, request */
        if
        :: guard_joins(n) -> do_persist_desired(n); do_join(n); do_answer(n); st[n] = powering_on
        :: else ->
            if
            :: guard_outranks(n) -> do_persist_desired(n); do_overtake(n); do_put_waiting(n); do_answer(n); do_cancel(n); st[n] = cancelling
            :: else ->
                do_persist_desired(n); do_overtake(n); do_put_waiting(n); do_answer(n); st[n] = powering_on
            fi
        fi
    :: st[n] == on ->    /* node: on, request */
        if
        :: guard_leads_on(n) -> do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_on
        :: else ->
            do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == powering_off ->    /* node: powering-off, request */
        if
        :: guard_joins(n) -> do_persist_desired(n); do_join(n); do_answer(n); st[n] = powering_off
        :: else ->
            if
            :: guard_outranks(n) -> do_persist_desired(n); do_overtake(n); do_put_waiting(n); do_answer(n); do_cancel(n); st[n] = cancelling
            :: else ->
                do_persist_desired(n); do_overtake(n); do_put_waiting(n); do_answer(n); st[n] = powering_off
            fi
        fi
    :: st[n] == off ->    /* node: off, request */
        if
        :: guard_leads_on(n) -> do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_on
        :: else ->
            do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == cancelling ->    /* node: cancelling, request */
        if
        :: guard_joins(n) -> do_persist_desired(n); do_join(n); do_answer(n); st[n] = cancelling
        :: else ->
            do_persist_desired(n); do_overtake(n); do_put_waiting(n); do_answer(n); st[n] = cancelling
        fi
    :: st[n] == quarantined ->    /* node: quarantined, request */
        if
        :: guard_joins(n) -> do_persist_desired(n); do_join(n); do_answer(n); st[n] = quarantined
        :: else ->
            if
            :: guard_outranks(n) -> do_persist_desired(n); do_overtake(n); do_put_waiting(n); do_answer(n); do_cancel(n); st[n] = cancelling
            :: else ->
                do_persist_desired(n); do_overtake(n); do_put_waiting(n); do_answer(n); st[n] = quarantined
            fi
        fi
    :: st[n] == error ->    /* node: error, request */
        if
        :: guard_leads_on(n) -> do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_on
        :: else ->
            do_persist_desired(n); do_put_in_play(n); do_answer(n); do_start(n); st[n] = powering_off
        fi
    :: else -> reject(n, request)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, request, st[n]);
    step_ends(n)
}
inline node_turned(n) {
    step_begins(n);
    if
    :: st[n] == powering_off ->    /* node: powering-off, turned */
        do_declare(n); do_take_leg(n); st[n] = powering_on
    :: st[n] == cancelling ->    /* node: cancelling, turned */
        skip
    :: else -> reject(n, turned)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, turned, st[n]);
    step_ends(n)
}
inline node_confirmed(n) {
    step_begins(n);
    if
    :: st[n] == powering_on ->    /* node: powering-on, confirmed */
        do_declare(n); do_succeed(n); do_take_next(n); st[n] = on
    :: st[n] == powering_off ->    /* node: powering-off, confirmed */
        if
        :: guard_releases(n) -> do_declare(n); do_succeed(n); do_take_next(n); st[n] = ready
        :: else ->
            do_declare(n); do_succeed(n); do_take_next(n); st[n] = off
        fi
    :: st[n] == cancelling ->    /* node: cancelling, confirmed */
        if
        :: guard_leads_on(n) -> do_supersede(n); do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_supersede(n); do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: else -> reject(n, confirmed)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, confirmed, st[n]);
    if
    :: after_that -> node_next(n)
    :: else
    fi;
    step_ends(n)
}
inline node_gave_up(n) {
    step_begins(n);
    if
    :: st[n] == powering_on ->    /* node: powering-on, gave-up */
        do_fail(n); do_take_next(n); st[n] = error
    :: st[n] == powering_off ->    /* node: powering-off, gave-up */
        do_fail(n); do_take_next(n); st[n] = error
    :: st[n] == cancelling ->    /* node: cancelling, gave-up */
        if
        :: guard_leads_on(n) -> do_supersede(n); do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_supersede(n); do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: st[n] == quarantined ->    /* node: quarantined, gave-up */
        do_fail(n); do_take_next(n); st[n] = error
    :: else -> reject(n, gave_up)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, gave_up, st[n]);
    if
    :: after_that -> node_next(n)
    :: else
    fi;
    step_ends(n)
}
inline node_cancelled(n) {
    step_begins(n);
    if
    :: st[n] == cancelling ->    /* node: cancelling, cancelled */
        if
        :: guard_leads_on(n) -> do_supersede(n); do_promote(n); do_start(n); st[n] = powering_on
        :: else ->
            do_supersede(n); do_promote(n); do_start(n); st[n] = powering_off
        fi
    :: else -> reject(n, cancelled)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, cancelled, st[n]);
    step_ends(n)
}
inline node_fence_unanswered(n) {
    step_begins(n);
    if
    :: st[n] == powering_on ->    /* node: powering-on, fence-unanswered */
        st[n] = quarantined
    :: st[n] == powering_off ->    /* node: powering-off, fence-unanswered */
        st[n] = quarantined
    :: st[n] == cancelling ->    /* node: cancelling, fence-unanswered */
        skip
    :: else -> reject(n, fence_unanswered)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, fence_unanswered, st[n]);
    step_ends(n)
}
inline node_quarantine_over(n) {
    step_begins(n);
    if
    :: st[n] == cancelling ->    /* node: cancelling, quarantine-over */
        skip
    :: st[n] == quarantined ->    /* node: quarantined, quarantine-over */
        if
        :: guard_drives_on(n) -> st[n] = powering_on
        :: else ->
            st[n] = powering_off
        fi
    :: else -> reject(n, quarantine_over)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, quarantine_over, st[n]);
    step_ends(n)
}
inline node_read_on(n) {
    step_begins(n);
    if
    :: st[n] == unknown ->    /* node: unknown, read-on */
        do_note_reading(n); st[n] = on
    :: st[n] == ready ->    /* node: ready, read-on */
        if
        :: guard_enforce(n) -> do_note_reading(n); do_enforce_desired(n); do_start(n); st[n] = powering_off
        :: else ->
            if
            :: guard_adopt(n) -> do_note_reading(n); do_adopt_reading(n); st[n] = on
            :: else ->
                do_note_reading(n); do_flag_drift(n); st[n] = ready
            fi
        fi
    :: st[n] == powering_on ->    /* node: powering-on, read-on */
        skip
    :: st[n] == on ->    /* node: on, read-on */
        do_note_reading(n); st[n] = on
    :: st[n] == powering_off ->    /* node: powering-off, read-on */
        skip
    :: st[n] == off ->    /* node: off, read-on */
        if
        :: guard_enforce(n) -> do_note_reading(n); do_enforce_desired(n); do_start(n); st[n] = powering_off
        :: else ->
            if
            :: guard_adopt(n) -> do_note_reading(n); do_adopt_reading(n); st[n] = on
            :: else ->
                do_note_reading(n); do_flag_drift(n); st[n] = off
            fi
        fi
    :: st[n] == cancelling ->    /* node: cancelling, read-on */
        skip
    :: st[n] == quarantined ->    /* node: quarantined, read-on */
        skip
    :: st[n] == error ->    /* node: error, read-on */
        do_note_reading(n); st[n] = error
    :: else -> reject(n, read_on)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, read_on, st[n]);
    step_ends(n)
}
inline node_read_off(n) {
    step_begins(n);
    if
    :: st[n] == unknown ->    /* node: unknown, read-off */
        do_note_reading(n); st[n] = off
    :: st[n] == ready ->    /* node: ready, read-off */
        do_note_reading(n); st[n] = ready
    :: st[n] == powering_on ->    /* node: powering-on, read-off */
        skip
    :: st[n] == on ->    /* node: on, read-off */
        if
        :: guard_enforce(n) -> do_note_reading(n); do_enforce_desired(n); do_start(n); st[n] = powering_on
        :: else ->
            if
            :: guard_adopt(n) -> do_note_reading(n); do_adopt_reading(n); st[n] = off
            :: else ->
                do_note_reading(n); do_flag_drift(n); st[n] = on
            fi
        fi
    :: st[n] == powering_off ->    /* node: powering-off, read-off */
        skip
    :: st[n] == off ->    /* node: off, read-off */
        do_note_reading(n); st[n] = off
    :: st[n] == cancelling ->    /* node: cancelling, read-off */
        skip
    :: st[n] == quarantined ->    /* node: quarantined, read-off */
        skip
    :: st[n] == error ->    /* node: error, read-off */
        do_note_reading(n); st[n] = error
    :: else -> reject(n, read_off)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, read_off, st[n]);
    step_ends(n)
}
inline node_restarted(n) {
    step_begins(n);
    if
    :: st[n] == unknown ->    /* node: unknown, restarted */
        st[n] = unknown
    :: st[n] == ready ->    /* node: ready, restarted */
        st[n] = ready
    :: st[n] == powering_on ->    /* node: powering-on, restarted */
        st[n] = unknown
    :: st[n] == on ->    /* node: on, restarted */
        st[n] = on
    :: st[n] == powering_off ->    /* node: powering-off, restarted */
        st[n] = unknown
    :: st[n] == off ->    /* node: off, restarted */
        st[n] = off
    :: st[n] == cancelling ->    /* node: cancelling, restarted */
        st[n] = unknown
    :: st[n] == quarantined ->    /* node: quarantined, restarted */
        st[n] = unknown
    :: st[n] == error ->    /* node: error, restarted */
        st[n] = error
    :: else -> reject(n, restarted)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, restarted, st[n]);
    step_ends(n)
}
inline node_recover(n) {
    step_begins(n);
    if
    :: st[n] == unknown ->    /* node: unknown, recover */
        if
        :: guard_leads_on(n) -> do_adopt_newest(n); do_start(n); st[n] = powering_on
        :: else ->
            do_adopt_newest(n); do_start(n); st[n] = powering_off
        fi
    :: else -> reject(n, recover)
    fi;
    printf("@%d node #%d #%d #%d\n", (n) + 1, was, recover, st[n]);
    step_ends(n)
}
inline drive_fenced(n) {
    phase_begins(n);
    if
    :: ph[n] == fencing ->    /* drive: fencing, fenced */
        ph[n] = settling
    :: else -> reject(n, fenced)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, fenced, ph[n]);
    phase_ends(n)
}
inline drive_fence_unanswered(n) {
    phase_begins(n);
    if
    :: ph[n] == fencing ->    /* drive: fencing, fence-unanswered */
        do_tell_quarantined(n); ph[n] = quarantined
    :: else -> reject(n, fence_unanswered)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, fence_unanswered, ph[n]);
    phase_ends(n)
}
inline drive_quarantine_over(n) {
    phase_begins(n);
    if
    :: ph[n] == quarantined ->    /* drive: quarantined, quarantine-over */
        do_forget_sessions(n); do_tell_released(n); ph[n] = settling
    :: else -> reject(n, quarantine_over)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, quarantine_over, ph[n]);
    phase_ends(n)
}
inline drive_settled(n) {
    phase_begins(n);
    if
    :: ph[n] == settling ->    /* drive: settling, settled */
        ph[n] = opening
    :: else -> reject(n, settled)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, settled, ph[n]);
    phase_ends(n)
}
inline drive_opened(n) {
    phase_begins(n);
    if
    :: ph[n] == opening ->    /* drive: opening, opened */
        ph[n] = recording
    :: else -> reject(n, opened)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, opened, ph[n]);
    phase_ends(n)
}
inline drive_recorded(n) {
    phase_begins(n);
    if
    :: ph[n] == recording ->    /* drive: recording, recorded */
        ph[n] = checking
    :: else -> reject(n, recorded)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, recorded, ph[n]);
    phase_ends(n)
}
inline drive_read_goal(n) {
    phase_begins(n);
    if
    :: ph[n] == checking ->    /* drive: checking, read-goal */
        if
        :: guard_spent(n) && guard_accepted(n) -> ph[n] = closing
        :: else ->
            if
            :: guard_spent(n) -> ph[n] = giving_up
            :: else ->
                if
                :: guard_once(n) -> ph[n] = marking
                :: else ->
                    ph[n] = closing
                fi
            fi
        fi
    :: ph[n] == reading ->    /* drive: reading, read-goal */
        ph[n] = closing
    :: else -> reject(n, read_goal)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, read_goal, ph[n]);
    phase_ends(n)
}
inline drive_read_other(n) {
    phase_begins(n);
    if
    :: ph[n] == checking ->    /* drive: checking, read-other */
        if
        :: guard_spent(n) -> ph[n] = giving_up
        :: else ->
            if
            :: guard_once(n) -> do_start_instead(n); ph[n] = commanding
            :: else ->
                if
                :: guard_patient(n) -> ph[n] = commanding
                :: else ->
                    if
                    :: guard_soft(n) -> do_escalate(n); ph[n] = commanding
                    :: else ->
                        ph[n] = commanding
                    fi
                fi
            fi
        fi
    :: ph[n] == reading ->    /* drive: reading, read-other */
        if
        :: guard_patient(n) -> ph[n] = reading
        :: else ->
            if
            :: guard_soft(n) -> do_escalate(n); ph[n] = commanding
            :: else ->
                if
                :: guard_spent(n) -> ph[n] = giving_up
                :: else ->
                    ph[n] = commanding
                fi
            fi
        fi
    :: else -> reject(n, read_other)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, read_other, ph[n]);
    phase_ends(n)
}
inline drive_marked(n) {
    phase_begins(n);
    if
    :: ph[n] == marking ->    /* drive: marking, marked */
        ph[n] = commanding
    :: else -> reject(n, marked)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, marked, ph[n]);
    phase_ends(n)
}
inline drive_answered(n) {
    phase_begins(n);
    if
    :: ph[n] == commanding ->    /* drive: commanding, answered */
        do_accept(n); ph[n] = reading
    :: else -> reject(n, answered)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, answered, ph[n]);
    phase_ends(n)
}
inline drive_refused(n) {
    phase_begins(n);
    if
    :: ph[n] == commanding ->    /* drive: commanding, refused */
        if
        :: guard_soft(n) && guard_unsupported(n) -> do_escalate(n); ph[n] = commanding
        :: else ->
            if
            :: guard_transient(n) -> do_acquit(n); ph[n] = resting
            :: else ->
                ph[n] = giving_up
            fi
        fi
    :: else -> reject(n, refused)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, refused, ph[n]);
    phase_ends(n)
}
inline drive_unanswered(n) {
    phase_begins(n);
    if
    :: ph[n] == commanding ->    /* drive: commanding, unanswered */
        ph[n] = fencing
    :: else -> reject(n, unanswered)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, unanswered, ph[n]);
    phase_ends(n)
}
inline drive_failure(n) {
    phase_begins(n);
    if
    :: ph[n] == opening ->    /* drive: opening, failure */
        if
        :: guard_transient(n) -> ph[n] = resting
        :: else ->
            ph[n] = giving_up
        fi
    :: ph[n] == checking ->    /* drive: checking, failure */
        if
        :: guard_transient(n) -> ph[n] = resting
        :: else ->
            ph[n] = giving_up
        fi
    :: ph[n] == reading ->    /* drive: reading, failure */
        if
        :: guard_transient(n) -> ph[n] = resting
        :: else ->
            ph[n] = giving_up
        fi
    :: ph[n] == closing ->    /* drive: closing, failure */
        ph[n] = done
    :: else -> reject(n, failure)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, failure, ph[n]);
    phase_ends(n)
}
inline drive_closed(n) {
    phase_begins(n);
    if
    :: ph[n] == closing ->    /* drive: closing, closed */
        ph[n] = done
    :: else -> reject(n, closed)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, closed, ph[n]);
    phase_ends(n)
}
inline drive_rested(n) {
    phase_begins(n);
    if
    :: ph[n] == resting ->    /* drive: resting, rested */
        ph[n] = fencing
    :: else -> reject(n, rested)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, rested, ph[n]);
    phase_ends(n)
}
inline drive_expired(n) {
    phase_begins(n);
    if
    :: ph[n] == fencing ->    /* drive: fencing, expired */
        ph[n] = giving_up
    :: ph[n] == quarantined ->    /* drive: quarantined, expired */
        ph[n] = giving_up
    :: ph[n] == settling ->    /* drive: settling, expired */
        ph[n] = giving_up
    :: ph[n] == opening ->    /* drive: opening, expired */
        ph[n] = giving_up
    :: ph[n] == recording ->    /* drive: recording, expired */
        ph[n] = giving_up
    :: ph[n] == checking ->    /* drive: checking, expired */
        ph[n] = giving_up
    :: ph[n] == marking ->    /* drive: marking, expired */
        ph[n] = giving_up
    :: ph[n] == commanding ->    /* drive: commanding, expired */
        ph[n] = giving_up
    :: ph[n] == reading ->    /* drive: reading, expired */
        ph[n] = giving_up
    :: ph[n] == closing ->    /* drive: closing, expired */
        ph[n] = done
    :: ph[n] == resting ->    /* drive: resting, expired */
        ph[n] = giving_up
    :: ph[n] == giving_up ->    /* drive: giving-up, expired */
        skip
    :: ph[n] == withdrawing ->    /* drive: withdrawing, expired */
        skip
    :: else -> reject(n, expired)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, expired, ph[n]);
    phase_ends(n)
}
inline drive_broken_off(n) {
    phase_begins(n);
    if
    :: ph[n] == fencing ->    /* drive: fencing, broken-off */
        ph[n] = withdrawing
    :: ph[n] == quarantined ->    /* drive: quarantined, broken-off */
        ph[n] = withdrawing
    :: ph[n] == settling ->    /* drive: settling, broken-off */
        ph[n] = withdrawing
    :: ph[n] == opening ->    /* drive: opening, broken-off */
        ph[n] = withdrawing
    :: ph[n] == recording ->    /* drive: recording, broken-off */
        ph[n] = withdrawing
    :: ph[n] == checking ->    /* drive: checking, broken-off */
        ph[n] = withdrawing
    :: ph[n] == marking ->    /* drive: marking, broken-off */
        ph[n] = withdrawing
    :: ph[n] == commanding ->    /* drive: commanding, broken-off */
        ph[n] = withdrawing
    :: ph[n] == reading ->    /* drive: reading, broken-off */
        ph[n] = withdrawing
    :: ph[n] == closing ->    /* drive: closing, broken-off */
        ph[n] = withdrawing
    :: ph[n] == resting ->    /* drive: resting, broken-off */
        ph[n] = withdrawing
    :: ph[n] == giving_up ->    /* drive: giving-up, broken-off */
        skip
    :: ph[n] == withdrawing ->    /* drive: withdrawing, broken-off */
        skip
    :: else -> reject(n, broken_off)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, broken_off, ph[n]);
    phase_ends(n)
}
inline drive_left(n) {
    phase_begins(n);
    if
    :: ph[n] == giving_up ->    /* drive: giving-up, left */
        ph[n] = failed
    :: ph[n] == withdrawing ->    /* drive: withdrawing, left */
        ph[n] = withdrawn
    :: else -> reject(n, left)
    fi;
    printf("@%d drive #%d #%d #%d\n", (n) + 1, was, left, ph[n]);
    phase_ends(n)
}
