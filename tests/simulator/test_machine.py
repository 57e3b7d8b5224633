"""What the power really does."""

import pytest

from bmcsim.agenda import Agenda
from bmcsim.dice import Dice, Span
from bmcsim.machine import (
    BUTTON_HOLD,
    Cause,
    Change,
    EarlySoftOff,
    Hardware,
    Jolt,
    LastPowerEvent,
    Machine,
    NotInThisState,
    NotSupported,
    Order,
    Power,
    RestartCause,
    RestorePolicy,
    SoftOff,
    WhileOff,
)


class Bench:
    """A machine on a bench, with all that happened to it."""

    def __init__(self, hardware: Hardware, seed: int = 0) -> None:
        self.agenda = Agenda()
        self.changes: list[Change] = []
        self.machine = Machine(hardware, self.agenda, Dice(seed, "n1"), self.changes.append)

    def order(self, order: Order, now: float) -> None:
        self.agenda.run(now)
        self.machine.permit(order)
        self.machine.order(order, now, session=7)

    def power_at(self, now: float) -> Power:
        self.agenda.run(now)
        return self.machine.power

    def story(self) -> list[tuple[float, str, str]]:
        return [(change.at, change.to.value, change.cause.value) for change in self.changes]


ON = Hardware(power=Power.ON)


def test_power_reads_on_only_after_the_boot_delay() -> None:
    bench = Bench(Hardware(boot_delay=Span.of(5)))
    bench.order(Order.ON, 10)
    assert bench.power_at(14.9) is Power.OFF
    assert bench.power_at(15) is Power.ON
    assert bench.changes == [Change(15, Power.ON, Cause.COMMAND, 7)]


def test_power_reads_off_only_after_the_off_delay() -> None:
    bench = Bench(Hardware(power=Power.ON, off_delay=Span.of(3)))
    bench.order(Order.OFF, 0)
    assert bench.power_at(2.9) is Power.ON
    assert bench.power_at(3) is Power.OFF


def test_power_down_stops_a_machine_that_is_coming_up() -> None:
    bench = Bench(Hardware(boot_delay=Span.of(5)))
    bench.order(Order.ON, 0)
    bench.order(Order.OFF, 1)
    assert bench.power_at(100) is Power.OFF
    assert bench.changes == []


def test_power_up_repeated_while_coming_up_does_not_start_the_delay_again() -> None:
    bench = Bench(Hardware(boot_delay=Span.of(5)))
    bench.order(Order.ON, 0)
    bench.order(Order.ON, 4)
    assert bench.power_at(5) is Power.ON


def test_what_is_already_so_changes_nothing() -> None:
    bench = Bench(ON)
    bench.order(Order.ON, 0)
    assert bench.changes == []


def test_a_latched_command_acts_later_and_is_not_recalled_by_the_opposite_one() -> None:
    bench = Bench(Hardware(latch=Span.of(4)))
    bench.order(Order.ON, 0)
    bench.order(Order.OFF, 1)
    assert bench.power_at(3.9) is Power.OFF
    assert bench.power_at(4) is Power.ON
    assert bench.power_at(5) is Power.OFF
    assert bench.story() == [(4, "on", "latch"), (5, "off", "latch")]


def test_latched_commands_keep_their_order_however_long_each_is_held() -> None:
    for seed in range(30):
        bench = Bench(Hardware(latch=Span(0, 10)), seed)
        bench.order(Order.ON, 0)
        bench.order(Order.OFF, 0.5)
        bench.order(Order.ON, 1)
        assert bench.power_at(11) is Power.ON
        assert [change.to for change in bench.changes] == [Power.ON, Power.OFF, Power.ON]


def test_a_cycle_is_off_for_its_interval_and_then_boots() -> None:
    bench = Bench(Hardware(power=Power.ON, boot_delay=Span.of(2), cycle_interval=Span.of(1)))
    bench.order(Order.CYCLE, 10)
    assert bench.power_at(12.9) is Power.OFF
    bench.agenda.run(20)
    assert bench.story() == [(10, "off", "command"), (13, "on", "command")]


def test_power_down_within_a_cycle_keeps_the_machine_off() -> None:
    bench = Bench(ON)
    bench.order(Order.CYCLE, 0)
    bench.order(Order.OFF, 0.5)
    assert bench.power_at(100) is Power.OFF


def test_a_reset_shakes_the_machine_without_changing_its_power() -> None:
    bench = Bench(ON)
    bench.order(Order.RESET, 3)
    assert bench.machine.power is Power.ON
    assert bench.changes == [Change(3, Jolt.RESET, Cause.COMMAND, 7)]


def test_a_diagnostic_interrupt_is_seen() -> None:
    bench = Bench(ON)
    bench.order(Order.DIAGNOSTIC, 3)
    assert bench.changes == [Change(3, Jolt.DIAGNOSTIC, Cause.COMMAND, 7)]


@pytest.mark.parametrize("order", [Order.CYCLE, Order.RESET, Order.DIAGNOSTIC, Order.SOFT_OFF])
def test_what_needs_power_is_refused_while_off(order: Order) -> None:
    with pytest.raises(NotInThisState):
        Bench(Hardware()).order(order, 0)


def test_soft_off_that_is_honoured_takes_the_system_its_time() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off_delay=Span.of(30)))
    bench.order(Order.SOFT_OFF, 0)
    assert bench.power_at(29.9) is Power.ON
    assert bench.power_at(30) is Power.OFF
    assert bench.changes == [Change(30, Power.OFF, Cause.SOFT_OFF, 7)]


def test_soft_off_that_is_ignored_is_taken_and_does_nothing() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off=SoftOff.IGNORED))
    bench.order(Order.SOFT_OFF, 0)
    assert bench.power_at(1e6) is Power.ON


def test_soft_off_that_is_unsupported_is_refused() -> None:
    with pytest.raises(NotSupported):
        Bench(Hardware(power=Power.ON, soft_off=SoftOff.UNSUPPORTED)).order(Order.SOFT_OFF, 0)


def test_power_up_does_not_stop_a_system_that_is_shutting_down() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off_delay=Span.of(30)))
    bench.order(Order.SOFT_OFF, 0)
    bench.order(Order.ON, 10)
    assert bench.power_at(30) is Power.OFF


@pytest.mark.parametrize("order", [Order.OFF, Order.RESET, Order.CYCLE])
def test_a_hard_command_ends_a_shutdown_in_progress(order: Order) -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off_delay=Span.of(30)))
    bench.order(Order.SOFT_OFF, 0)
    bench.order(order, 10)
    bench.agenda.run(100)
    assert "soft-off" not in [change.cause for change in bench.changes]


def test_soft_off_repeated_does_not_start_the_shutdown_again() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off_delay=Span.of(30)))
    bench.order(Order.SOFT_OFF, 0)
    bench.order(Order.SOFT_OFF, 20)
    assert bench.power_at(30) is Power.OFF


def test_an_operator_turns_it_on_and_off() -> None:
    bench = Bench(Hardware())
    bench.machine.press_power_button(1)
    bench.machine.press_power_button(2)
    assert bench.story() == [(1, "on", "operator"), (2, "off", "operator")]
    assert bench.machine.restart_cause is RestartCause.POWER_BUTTON


@pytest.mark.parametrize(
    ("policy", "before", "after"),
    [
        (RestorePolicy.STAY_OFF, Power.ON, Power.OFF),
        (RestorePolicy.PREVIOUS, Power.ON, Power.ON),
        (RestorePolicy.PREVIOUS, Power.OFF, Power.OFF),
        (RestorePolicy.ALWAYS_ON, Power.OFF, Power.ON),
    ],
)
def test_the_restore_policy_decides_when_mains_come_back(
    policy: RestorePolicy, before: Power, after: Power
) -> None:
    bench = Bench(Hardware(power=before, restore=policy))
    bench.machine.lose_mains(1)
    assert bench.machine.power is Power.OFF
    assert bench.machine.last_event == LastPowerEvent.MAINS_FAILED
    bench.machine.regain_mains(2)
    assert bench.machine.power is after


def test_mains_failure_empties_the_latch() -> None:
    bench = Bench(Hardware(latch=Span.of(5)))
    bench.order(Order.ON, 0)
    bench.machine.lose_mains(1)
    bench.machine.regain_mains(2)
    assert bench.power_at(100) is Power.OFF


def test_a_start_by_command_is_remembered() -> None:
    bench = Bench(Hardware())
    bench.order(Order.ON, 0)
    assert bench.machine.last_event == LastPowerEvent.ON_BY_COMMAND
    assert bench.machine.restart_cause is RestartCause.CHASSIS_CONTROL


def test_the_same_seed_gives_the_same_delays_and_another_one_others() -> None:
    def delay(seed: int) -> float:
        bench = Bench(Hardware(boot_delay=Span(1, 100)), seed)
        bench.order(Order.ON, 0)
        bench.agenda.run(1000)
        return bench.changes[0].at

    assert delay(1) == delay(1)
    assert len({delay(seed) for seed in range(20)}) == 20


def up_at(hardware: Hardware) -> Bench:
    """A machine turned on at 0."""
    bench = Bench(hardware)
    bench.order(Order.ON, 0)
    return bench


SLOW = Hardware(boot_delay=Span.of(5), os_boot=Span.of(60))


def test_the_operating_system_is_up_a_while_after_the_power() -> None:
    bench = up_at(SLOW)
    assert bench.power_at(5) is Power.ON
    assert not bench.machine.system_is_up(64.9)
    assert bench.machine.system_is_up(65)


def test_a_reset_takes_the_operating_system_down_and_up_again() -> None:
    bench = up_at(SLOW)
    bench.order(Order.RESET, 100)
    assert not bench.machine.system_is_up(159)
    assert bench.machine.system_is_up(160)


def test_a_machine_that_is_on_at_the_start_has_its_operating_system_up() -> None:
    bench = Bench(Hardware(power=Power.ON, os_boot=Span.of(60)))
    assert bench.machine.system_is_up(0)
    bench.order(Order.OFF, 1)
    assert not bench.machine.system_is_up(1000)


def test_soft_off_before_the_system_is_up_is_heard_by_nobody() -> None:
    bench = up_at(SLOW)
    bench.order(Order.SOFT_OFF, 10)
    assert bench.power_at(1e6) is Power.ON


def test_soft_off_before_the_system_is_up_may_cut_the_power() -> None:
    bench = up_at(Hardware(os_boot=Span.of(60), off_delay=Span.of(2), early_soft_off=EarlySoftOff.HARD))
    bench.order(Order.SOFT_OFF, 10)
    assert bench.power_at(11.9) is Power.ON
    assert bench.power_at(12) is Power.OFF
    assert bench.story()[-1] == (12, "off", "soft-off")


def test_a_hung_system_hears_no_soft_off_until_it_is_started_again() -> None:
    hard = Hardware(power=Power.ON, os_boot=Span.of(60), early_soft_off=EarlySoftOff.HARD)
    bench = Bench(hard)
    bench.machine.hang()
    bench.order(Order.SOFT_OFF, 10)
    assert bench.power_at(100) is Power.ON
    bench.order(Order.RESET, 100)
    bench.order(Order.SOFT_OFF, 160)
    assert bench.power_at(160) is Power.OFF


def test_a_system_that_hangs_while_it_shuts_down_stays_on() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off_delay=Span.of(30)))
    bench.order(Order.SOFT_OFF, 0)
    bench.machine.hang()
    assert bench.power_at(1e6) is Power.ON


def test_a_soft_reset_restarts_without_losing_power() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off_delay=Span.of(20), os_boot=Span.of(60)))
    bench.order(Order.SOFT_RESET, 0)
    assert bench.machine.heading is Power.OFF
    assert bench.power_at(20) is Power.ON
    assert bench.changes == [Change(20, Jolt.RESET, Cause.SOFT_OFF, 7)]
    assert not bench.machine.system_is_up(79)
    assert bench.machine.system_is_up(80)


def test_a_press_from_afar_turns_on_and_asks_to_shut_down() -> None:
    bench = Bench(Hardware(soft_off_delay=Span.of(20)))
    bench.order(Order.BUTTON, 0)
    bench.order(Order.BUTTON, 10)
    bench.agenda.run(100)
    assert bench.story() == [(0, "on", "command"), (30, "off", "soft-off")]


def test_a_short_press_asks_the_operating_system_which_may_not_care() -> None:
    honours = Bench(Hardware(power=Power.ON, soft_off_delay=Span.of(20)))
    ignores = Bench(Hardware(power=Power.ON, soft_off=SoftOff.IGNORED))
    for bench in (honours, ignores):
        bench.machine.press_power_button(0)
    assert honours.power_at(20) is Power.OFF
    assert honours.story() == [(20, "off", "operator")]
    assert ignores.power_at(1e6) is Power.ON


def test_a_press_cuts_the_power_where_there_is_no_soft_off() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off=SoftOff.UNSUPPORTED))
    bench.machine.press_power_button(1)
    assert bench.story() == [(1, "off", "operator")]


def test_a_button_held_for_four_seconds_cuts_the_power_whatever_the_system_does() -> None:
    bench = Bench(Hardware(power=Power.ON, soft_off=SoftOff.IGNORED))
    bench.machine.press_power_button(1, held=True)
    bench.machine.press_power_button(2, held=True)
    assert bench.power_at(1 + BUTTON_HOLD - 0.1) is Power.ON
    assert bench.power_at(1 + BUTTON_HOLD) is Power.OFF
    assert bench.story() == [(5, "off", "operator")]


def test_a_button_held_turns_on_what_is_off() -> None:
    bench = Bench(Hardware())
    bench.machine.press_power_button(1, held=True)
    assert bench.power_at(100) is Power.ON


@pytest.mark.parametrize(
    ("ways", "order", "after"),
    [
        (WhileOff.IGNORED, Order.CYCLE, Power.OFF),
        (WhileOff.IGNORED, Order.SOFT_OFF, Power.OFF),
        (WhileOff.STARTS, Order.CYCLE, Power.ON),
        (WhileOff.STARTS, Order.RESET, Power.ON),
        (WhileOff.STARTS, Order.SOFT_OFF, Power.OFF),
        (WhileOff.STARTS, Order.DIAGNOSTIC, Power.OFF),
    ],
)
def test_some_machines_take_while_off_what_needs_power(ways: WhileOff, order: Order, after: Power) -> None:
    bench = Bench(Hardware(while_off=ways))
    bench.order(order, 0)
    assert bench.power_at(100) is after


def test_nothing_turns_a_machine_on_that_is_not_plugged_in() -> None:
    bench = Bench(Hardware(restore=RestorePolicy.PREVIOUS))
    bench.machine.lose_mains(0)
    bench.machine.press_power_button(1)
    bench.machine.wake(2)
    assert bench.power_at(100) is Power.OFF
    assert not bench.machine.mains


def test_a_plug_pulled_twice_does_not_forget_that_it_was_on() -> None:
    bench = Bench(Hardware(power=Power.ON, restore=RestorePolicy.PREVIOUS))
    bench.machine.lose_mains(0)
    bench.machine.lose_mains(1)
    bench.machine.regain_mains(2)
    assert bench.power_at(2) is Power.ON


def test_machines_may_wait_before_they_turn_on_with_the_mains() -> None:
    bench = Bench(Hardware(restore=RestorePolicy.ALWAYS_ON, restore_delay=Span.of(30)))
    bench.machine.lose_mains(0)
    bench.machine.regain_mains(10)
    assert bench.power_at(39) is Power.OFF
    assert bench.power_at(40) is Power.ON
    assert bench.machine.restart_cause is RestartCause.ALWAYS_RESTORE


def test_a_machine_changes_its_power_by_itself() -> None:
    bench = Bench(Hardware(soft_off_delay=Span.of(10)))
    bench.machine.wake(0)
    assert bench.machine.restart_cause is RestartCause.CLOCK
    bench.machine.halt(5)
    bench.agenda.run(20)
    bench.machine.wake(30)
    bench.machine.fail(40)
    assert bench.machine.last_event == LastPowerEvent.POWER_FAULT
    assert bench.story() == [
        (0, "on", "system"),
        (15, "off", "system"),
        (30, "on", "system"),
        (40, "off", "system"),
    ]


def test_heading_tells_where_the_power_goes() -> None:
    bench = Bench(Hardware(boot_delay=Span.of(5), off_delay=Span.of(5)))
    headings: list[Power | None] = []
    for order in (Order.ON, Order.OFF):
        bench.order(order, 100.0 * len(headings))
        headings.append(bench.machine.heading)
        bench.agenda.run(bench.agenda.due)
        headings.append(bench.machine.heading)
    assert headings == [Power.ON, None, Power.OFF, None]
