"""What the power really does."""

import pytest

from bmcsim.agenda import Agenda
from bmcsim.dice import Dice, Span
from bmcsim.machine import (
    Cause,
    Change,
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
