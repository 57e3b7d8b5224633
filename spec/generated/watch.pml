/* Made from spec/power.yaml by scripts/generate; change that and run it again. */
/* 1. Between the first datagram of a power command and its end (answered, fenced or quarantined) no other power command goes to that node. */
#define holds_one_command(n) (fact_commands(n) <= 1)
/* 1. No action begins before the one in play has ended. */
#define holds_one_action(n) (fact_actions(n) <= 1)
/* 2. A node at rest has no operation, neither in play nor waiting. */
#define holds_at_rest_nothing_in_play(n) (!(fact_at_rest(n)) || ((fact_in_play(n) == none) && (fact_waiting(n) == none)))
/* 2. What is driven is driven for an operation. */
#define holds_driven_for_somebody(n) ((fact_at_rest(n)) || (!(fact_in_play(n) == none)))
/* 2. However many requests: one operation in play and one waiting. */
#define holds_one_waiting(n) (fact_outstanding(n) <= 2)
/* 2. A request that equals what is in play, and is not being cancelled, never waits. */
#define holds_equal_ones_join(n) (!(fact_waiting(n) == fact_in_play(n)) || ((fact_waiting(n) == none) || (fact_state(n) == cancelling)))
/* 3. An action is cancelled only for one that waits. */
#define holds_cancelled_for_somebody(n) (!(fact_state(n) == cancelling) || (!(fact_waiting(n) == none)))
/* 3. Where off outranks on, an off in play is never cancelled, however often on is asked for meanwhile. */
#define holds_off_holds_down(n) (!((fact_ranking(n) == off_outranks_on) && (fact_state(n) == cancelling)) || (!(fact_in_play(n) == off)))
/* 4. What a requester was told to be desired is desired on disk until a later request is accepted, whatever dies. */
#define holds_answered_survives(n) ((fact_promised(n) == none) || (fact_desired(n) == fact_promised(n)))
/* 4. Every command that is sent is asked for by the operation that is durably in play. */
#define holds_durable_intent(n) (!(fact_unasked(n)))
/* 5. An operation in play has an action that runs or is about to, after a crash too. */
#define holds_taken_up(n) ((fact_in_play(n) == none) || (fact_driven(n)))
/* 6. No command of ours can still turn off a node that is declared on. */
#define holds_on_is_not_undone(n) (!(fact_declared(n) == on) || (!(fact_off_may_come(n))))
/* 6. No command of ours can still turn on a node that is declared off. */
#define holds_off_is_not_undone(n) (!(fact_declared(n) == off) || (!(fact_on_may_come(n))))
/* 6. What is declared was read, and the last reading says the same, or the node is marked as drifted. */
#define holds_declared_was_read(n) (((fact_declared(n) == none) || (fact_observed(n) == fact_declared(n))) || (fact_drifted(n)))
/* 6. What is declared is so, where nobody meddles. */
#define holds_declared_is_so(n) (((fact_declared(n) == none) || (fact_power(n) == fact_declared(n))) || (fact_meddled(n)))
/* 7. Every operation that has begun is in play or waits until it ends, and ends once. */
#define holds_ends_once(n) ((!(fact_adrift(n))) && (!(fact_ended_twice(n))))
/* 8. A session in which a command was sent is on record until it is closed. */
#define holds_on_record(n) (!(fact_unrecorded(n)))
/* 8. A reset is not sent twice for one operation, unless the BMC told that it did not do the first. */
#define holds_reset_once(n) (fact_resets(n) <= 1)
/* 8. A cycle whose off was read does not turn the node off again. */
#define holds_cycle_once(n) (!(fact_cycled_twice(n)))
/* 9. Ready rests on a reading of off, and is marked as drifted once a reading says on. */
#define holds_ready_was_read_off(n) (!(fact_state(n) == ready) || ((fact_observed(n) == off) || (fact_drifted(n))))
/* 7. No event comes that the spec rejects. */
#define holds_no_defect(n) (!(fact_rejected(n)))
#define all_hold(n) (holds_one_command(n) && holds_one_action(n) && holds_at_rest_nothing_in_play(n) && holds_driven_for_somebody(n) && holds_one_waiting(n) && holds_equal_ones_join(n) && holds_cancelled_for_somebody(n) && holds_off_holds_down(n) && holds_answered_survives(n) && holds_durable_intent(n) && holds_taken_up(n) && holds_on_is_not_undone(n) && holds_off_is_not_undone(n) && holds_declared_was_read(n) && holds_declared_is_so(n) && holds_ends_once(n) && holds_on_record(n) && holds_reset_once(n) && holds_cycle_once(n) && holds_ready_was_read_off(n) && holds_no_defect(n))
#define chosen_holds(n) (LOOKING_FOR == -21 -> holds_no_defect(n) : (LOOKING_FOR == -20 -> holds_ready_was_read_off(n) : (LOOKING_FOR == -19 -> holds_cycle_once(n) : (LOOKING_FOR == -18 -> holds_reset_once(n) : (LOOKING_FOR == -17 -> holds_on_record(n) : (LOOKING_FOR == -16 -> holds_ends_once(n) : (LOOKING_FOR == -15 -> holds_declared_is_so(n) : (LOOKING_FOR == -14 -> holds_declared_was_read(n) : (LOOKING_FOR == -13 -> holds_off_is_not_undone(n) : (LOOKING_FOR == -12 -> holds_on_is_not_undone(n) : (LOOKING_FOR == -11 -> holds_taken_up(n) : (LOOKING_FOR == -10 -> holds_durable_intent(n) : (LOOKING_FOR == -9 -> holds_answered_survives(n) : (LOOKING_FOR == -8 -> holds_off_holds_down(n) : (LOOKING_FOR == -7 -> holds_cancelled_for_somebody(n) : (LOOKING_FOR == -6 -> holds_equal_ones_join(n) : (LOOKING_FOR == -5 -> holds_one_waiting(n) : (LOOKING_FOR == -4 -> holds_driven_for_somebody(n) : (LOOKING_FOR == -3 -> holds_at_rest_nothing_in_play(n) : (LOOKING_FOR == -2 -> holds_one_action(n) : (LOOKING_FOR == -1 -> holds_one_command(n) : true)))))))))))))))))))))
proctype Watch(byte n) {
end:
    do
    :: atomic { LOOKING_FOR <= 0 && (LOOKING_FOR == 0 -> !all_hold(n) : !chosen_holds(n)) ->
           if
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -1) && !holds_one_command(n) ->
               printf("@%d broken one-command\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -2) && !holds_one_action(n) ->
               printf("@%d broken one-action\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -3) && !holds_at_rest_nothing_in_play(n) ->
               printf("@%d broken at-rest-nothing-in-play\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -4) && !holds_driven_for_somebody(n) ->
               printf("@%d broken driven-for-somebody\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -5) && !holds_one_waiting(n) ->
               printf("@%d broken one-waiting\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -6) && !holds_equal_ones_join(n) ->
               printf("@%d broken equal-ones-join\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -7) && !holds_cancelled_for_somebody(n) ->
               printf("@%d broken cancelled-for-somebody\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -8) && !holds_off_holds_down(n) ->
               printf("@%d broken off-holds-down\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -9) && !holds_answered_survives(n) ->
               printf("@%d broken answered-survives\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -10) && !holds_durable_intent(n) ->
               printf("@%d broken durable-intent\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -11) && !holds_taken_up(n) ->
               printf("@%d broken taken-up\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -12) && !holds_on_is_not_undone(n) ->
               printf("@%d broken on-is-not-undone\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -13) && !holds_off_is_not_undone(n) ->
               printf("@%d broken off-is-not-undone\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -14) && !holds_declared_was_read(n) ->
               printf("@%d broken declared-was-read\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -15) && !holds_declared_is_so(n) ->
               printf("@%d broken declared-is-so\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -16) && !holds_ends_once(n) ->
               printf("@%d broken ends-once\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -17) && !holds_on_record(n) ->
               printf("@%d broken on-record\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -18) && !holds_reset_once(n) ->
               printf("@%d broken reset-once\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -19) && !holds_cycle_once(n) ->
               printf("@%d broken cycle-once\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -20) && !holds_ready_was_read_off(n) ->
               printf("@%d broken ready-was-read-off\n", n + 1)
           :: (LOOKING_FOR == 0 || LOOKING_FOR == -21) && !holds_no_defect(n) ->
               printf("@%d broken no-defect\n", n + 1)
           fi;
           assert(false) }
    :: atomic { LOOKING_FOR == 1 && ((fact_commands(n) == 1) && (fact_state(n) == cancelling)) ->
           printf("@%d witness one-command\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 2 && ((fact_actions(n) == 1) && (!(fact_waiting(n) == none))) ->
           printf("@%d witness one-action\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 3 && ((fact_at_rest(n)) && (fact_observed(n) == on)) ->
           printf("@%d witness at-rest-nothing-in-play\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 4 && (!(fact_at_rest(n))) ->
           printf("@%d witness driven-for-somebody\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 5 && (fact_outstanding(n) == 2) ->
           printf("@%d witness one-waiting\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 6 && ((fact_waiting(n) == fact_in_play(n)) && (fact_state(n) == cancelling)) ->
           printf("@%d witness equal-ones-join\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 7 && (fact_state(n) == cancelling) ->
           printf("@%d witness cancelled-for-somebody\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 8 && (((fact_ranking(n) == off_outranks_on) && (fact_in_play(n) == off)) && (fact_waiting(n) == on)) ->
           printf("@%d witness off-holds-down\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 9 && ((!(fact_promised(n) == none)) && (fact_restarted(n))) ->
           printf("@%d witness answered-survives\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 10 && (fact_commands(n) == 1) ->
           printf("@%d witness durable-intent\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 11 && (((!(fact_in_play(n) == none)) && (fact_driven(n))) && (fact_restarted(n))) ->
           printf("@%d witness taken-up\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 12 && ((fact_declared(n) == on) && (fact_on_may_come(n))) ->
           printf("@%d witness on-is-not-undone\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 13 && ((fact_declared(n) == off) && (fact_off_may_come(n))) ->
           printf("@%d witness off-is-not-undone\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 14 && ((!(fact_declared(n) == none)) && (fact_observed(n) == fact_declared(n))) ->
           printf("@%d witness declared-was-read\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 15 && (((fact_declared(n) == on) && (fact_power(n) == on)) && (!(fact_meddled(n)))) ->
           printf("@%d witness declared-is-so\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 16 && (fact_outstanding(n) == 2) ->
           printf("@%d witness ends-once\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 17 && ((fact_commands(n) == 1) && (fact_restarted(n))) ->
           printf("@%d witness on-record\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 18 && ((fact_resets(n) == 1) && (fact_restarted(n))) ->
           printf("@%d witness reset-once\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 19 && (((fact_in_play(n) == cycle) && (fact_power(n) == on)) && (fact_restarted(n))) ->
           printf("@%d witness cycle-once\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 20 && (fact_state(n) == ready) ->
           printf("@%d witness ready-was-read-off\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 21 && ((fact_state(n) == cancelling) && (fact_restarted(n))) ->
           printf("@%d witness no-defect\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 22 && ((fact_declared(n) == on) && (fact_power(n) == on)) ->
           printf("@%d witness converges\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 23 && (fact_outstanding(n) == 2) ->
           printf("@%d witness all-end\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 24 && ((fact_first_open(n)) && (fact_outstanding(n) == 2)) ->
           printf("@%d witness each-ends\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 25 && ((fact_in_play(n) == off) && (fact_observed(n) == on)) ->
           printf("@%d witness off-is-reached\n", n + 1); assert(false) }
    :: atomic { LOOKING_FOR == 26 && (fact_drifted(n)) ->
           printf("@%d witness drift-is-seen\n", n + 1); assert(false) }
    od
}
init {
    c_code { settle_the_size(); };
    luck = LUCK;
    atomic {
        st[0] = INITIAL_STATE; people(0);
        run Fate();
#ifdef LIVENESS
        run Clock()
#else
        run Watch(0)
#endif
    }
}
#ifdef LIVENESS
/* 5. In the end the node is declared to be what was asked for last, and is so. */
never converges {
begin_converges:  do :: !(((!(fact_declared(0) == none)) && (fact_power(0) == fact_declared(0))) && (fact_declared(0) == fact_wanted(0))) -> goto accept_converges :: true od;
accept_converges: do :: true -> goto begin_converges od
}
/* 7. In the end no operation is left. */
never all_end {
begin_all_end:  do :: !(fact_outstanding(0) == 0) -> goto accept_all_end :: true od;
accept_all_end: do :: true -> goto begin_all_end od
}
/* 7. Every operation ends, even if requests never stop. */
never each_ends {
begin_each_ends:  do :: (fact_first_open(0)) && !(!(fact_first_open(0))) -> goto accept_each_ends :: true od;
accept_each_ends: do :: !(!(fact_first_open(0))) -> goto accept_each_ends od
}
/* 3. Where off outranks on, an off in play is read off, even if requests never stop. */
never off_is_reached {
begin_off_is_reached:  do :: (fact_in_play(0) == off) && !(fact_observed(0) == off) -> goto accept_off_is_reached :: true od;
accept_off_is_reached: do :: !(fact_observed(0) == off) -> goto accept_off_is_reached od
}
/* 10. A power that is not as declared is read and marked, adopted or driven back, or is as declared again. */
never drift_is_seen {
begin_drift_is_seen:  do :: ((!(fact_declared(0) == none)) && (!(fact_power(0) == fact_declared(0)))) && !(((fact_drifted(0)) || (fact_declared(0) == none)) || (fact_power(0) == fact_declared(0))) -> goto accept_drift_is_seen :: true od;
accept_drift_is_seen: do :: !(((fact_drifted(0)) || (fact_declared(0) == none)) || (fact_power(0) == fact_declared(0))) -> goto accept_drift_is_seen od
}
#endif
