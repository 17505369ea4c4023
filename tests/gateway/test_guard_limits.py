"""When a service counts as worse than the old system: pure figures, no clock, no Envoy."""

import pytest

from gateway.guard.figures import LONGEST_SECONDS, Figures, Tally, Window
from gateway.guard.limits import Limits, breach, changed
from gateway.states import Refused

OLD = Figures(count=200, errors=0.0, p95=0.2)


def tally(*answers: tuple[int, int, float]) -> Tally:
    """So many answers with a status after so many seconds."""
    made = Tally()
    for times, status, seconds in answers:
        for _ in range(times):
            made.answer(seconds, bad=status >= 500)
    return made


@pytest.mark.parametrize(
    ("service", "old", "kind"),
    [
        (tally((100, 200, 0.1)), OLD, None),
        (tally((95, 200, 0.1), (5, 500, 0.1)), OLD, "errors"),
        (tally((98, 200, 0.1), (2, 500, 0.1)), OLD, None),
        # Few requests: four bad ones of fifty are not enough.
        (tally((46, 200, 0.1), (4, 500, 9.0)), OLD, None),
        (tally((40, 500, 0.1)), OLD, None),
        # Both sides are down, or both fail now and then.
        (tally((100, 503, 0.1)), Figures(100, 1.0, 0.1), None),
        (tally((90, 200, 0.1), (10, 500, 0.1)), Figures(100, 0.09, 0.1), None),
        (tally((80, 200, 0.1), (20, 500, 0.1)), Figures(100, 0.09, 0.1), "errors"),
        # 4xx are the callers' own.
        (tally((50, 200, 0.1), (50, 404, 0.1)), OLD, None),
        (tally((90, 200, 0.1), (10, 200, 2.0)), OLD, "time"),
        (tally((99, 200, 0.1), (1, 200, 30.0)), OLD, None),
        # Slow, but so is the old system.
        (tally((90, 200, 0.1), (10, 200, 2.0)), Figures(200, 0.0, 1.5), None),
        # Ten times as long, and still fast.
        (tally((100, 200, 0.2)), Figures(200, 0.0, 0.02), None),
        # Nothing is known of the old system.
        (tally((100, 200, 0.6)), Figures(), "time"),
    ],
)
def test_a_group_goes_back_only_when_its_service_is_worse(service: Tally, old: Figures, kind: str | None) -> None:
    found = breach(service, Tally(), old, Limits())
    assert (found.kind if found else None) == kind
    assert found is None or found.affected >= 5


@pytest.mark.parametrize(
    ("count", "differing", "back"), [(60, 6, True), (1000, 6, False), (60, 4, False), (20, 20, False)]
)
def test_a_group_goes_back_when_too_many_compared_answers_differ(count: int, differing: int, back: bool) -> None:
    found = breach(tally((10, 200, 0.1)), Tally(count=count, bad=differing), OLD, Limits())
    assert (found is not None and found.kind == "differences") == back


def test_a_window_slides_and_reaches_back_where_few_requests_come() -> None:
    window = Window()
    for second in range(400):
        window.now(second).answer(0.1, bad=False)
    assert window.latest(399, 10, 5).count == 11
    assert window.latest(399, 10, 50).count == 50
    assert window.latest(399, 10, 10_000).count == LONGEST_SECONDS + 1
    assert window.latest(399 + LONGEST_SECONDS + 1, 10, 50).count == 0


def test_the_95th_of_100_times_is_found_within_a_step() -> None:
    spread = tally(*((1, 200, number / 100) for number in range(1, 101)))
    assert spread.figures().p95 == pytest.approx(0.96, rel=0.05)
    assert 8 <= spread.slower_than(0.9) <= 12


def test_limits_are_read_as_people_write_them() -> None:
    limits = changed(Limits(), ["error_rate=0.1", "p95=3", "minimum=20"])
    assert (limits.error_rate, limits.p95, limits.minimum, limits.seconds) == (0.1, 3.0, 20, 10.0)
    for word in ("error_rate=2", "p95=0.5", "minimum=0", "minimum=1.5", "seconds=nan", "p95=", "colour=1", "x"):
        with pytest.raises(Refused):
            changed(Limits(), [word])
