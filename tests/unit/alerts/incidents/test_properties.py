"""What holds for every history: of three monitors that build on each other, muted or not,
acknowledged or not, in runs that leave out some or come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from plumbline.alerts.incidents.model import Change, Decision, Known, Reason
from plumbline.core.alert_line import Event
from plumbline.core.alert_policy import MOST_GONE, RECENT, Policy
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status, worst
from support.incidents import STATUSES, History, at, mute, outcome

MONITORS = ("a", "b", "c")
POLICY = Policy(confirm_critical=2)
ENDS = (Event.RESOLVED, Event.EXPIRED)
OPENINGS = (Event.OPENED, Event.FLAPPING)


@dataclass(frozen=True)
class Run:
    """One run: a letter, and which groups fail and which are well, for each monitor in it."""

    found: Mapping[str, tuple[str, frozenset[str], frozenset[str]]]
    acknowledged: frozenset[str]
    muted: Mapping[str, int]
    """For how many runs from this one."""
    twice: bool


@dataclass(frozen=True)
class Plan:
    """A history, and who depends on whom: circles and unknown monitors too."""

    runs: tuple[Run, ...]
    depends_on: Mapping[str, Sequence[str]]


GROUP_SETS = st.sampled_from([frozenset(text) for text in ("", "x", "y", "xy", "xyz")])
# Failures are more likely than in life: what is rare there is to happen here.
LETTERS = st.sampled_from("CCww..EEs")
RUNS = st.builds(
    Run,
    found=st.dictionaries(
        st.sampled_from(MONITORS), st.tuples(LETTERS, GROUP_SETS, GROUP_SETS), min_size=2
    ),
    acknowledged=st.sampled_from(["", "", "", *MONITORS]).map(frozenset),
    muted=st.sampled_from([{}, {}, {}, *({name: 3} for name in MONITORS), {"a": 1}]),
    twice=st.booleans(),
)
PLANS = st.builds(
    Plan,
    runs=st.lists(RUNS, min_size=1, max_size=25).map(tuple),
    depends_on=st.dictionaries(
        st.sampled_from(MONITORS),
        st.lists(st.sampled_from((*MONITORS, "nobody")), unique=True, max_size=2),
    ),
)


@dataclass
class Played:
    """A plan, played."""

    history: History = field(default_factory=lambda: History(POLICY))
    before: list[Known] = field(default_factory=list)
    outcomes: list[dict[str, Outcome]] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    muted: list[set[str]] = field(default_factory=list)

    @property
    def changes(self) -> list[Change]:
        return self.history.changes


def play(plan: Plan) -> Played:
    """Each run of the plan; where one comes twice the second must say nothing."""
    played = Played()
    history = played.history
    for number, run in enumerate(plan.runs):
        for monitor in sorted(run.acknowledged):
            history.acknowledge(monitor, "data")
            history.acknowledge(monitor, "error")
        history.mutes += [mute(name, until=number + runs) for name, runs in run.muted.items()]
        outcomes = {
            monitor: outcome(
                monitor,
                STATUSES[letter],
                at(number),
                failing=sorted(failing) if letter in "wC" else (),
                well=sorted(well - failing),
                depends_on=plan.depends_on.get(monitor, ()),
            )
            for monitor, (letter, failing, well) in run.found.items()
        }
        played.before.append(history.known)
        played.outcomes.append(outcomes)
        played.muted.append({one.monitor for one in history.mutes if at(number) < one.until})
        played.decisions.append(history.run(*outcomes.values()))
        if run.twice:
            again = history.run(*outcomes.values())
            assert again.changes == ()
            assert again.known == played.decisions[-1].known
        history.runs = number + 1
    return played


# The laws: each holds for a whole history. They are held against the same ones, since playing costs
# more than looking.


def every_opening_that_was_told_has_one_end_that_was_told_or_is_still_open(played: Played) -> None:
    told = [change for change in played.changes if change.notifies]
    openings = Counter(change.incident.id for change in told if change.event in OPENINGS)
    ends = Counter(change.incident.id for change in told if change.event in ENDS)
    still_open = {one.id for one in played.history.known.incidents if one.is_open}
    assert set(openings.values()) <= {1}
    assert set(ends.values()) <= {1}
    assert {*ends} == {one for one in openings if one not in still_open}


def no_monitor_is_opened_twice_without_an_end_between(played: Played) -> None:
    is_open: set[tuple[str, str]] = set()
    for change in played.changes:
        if not change.notifies:
            continue
        key = (change.incident.monitor, change.incident.kind)
        if change.event in OPENINGS:
            assert key not in is_open
            is_open.add(key)
        else:
            assert key in is_open
        if change.event in ENDS:
            is_open.remove(key)


def no_event_id_comes_twice(played: Played) -> None:
    ids = [change.event_id for change in played.changes]
    assert len(ids) == len(set(ids))


def an_incident_has_at_most_one_event_a_run(played: Played) -> None:
    for decision in played.decisions:
        counted = Counter(change.incident.id for change in decision.changes)
        assert set(counted.values()) <= {1}


def only_a_pass_ends_what_is_wrong_with_data(played: Played) -> None:
    for outcomes, decision in zip(played.outcomes, played.decisions, strict=True):
        for change in decision.changes:
            if change.event in ENDS and change.incident.kind == "data":
                assert outcomes[change.incident.monitor].status is Status.PASS


def a_failure_leaves_an_open_incident_of_its_kind(played: Played) -> None:
    for outcomes, decision in zip(played.outcomes, played.decisions, strict=True):
        for monitor, found in outcomes.items():
            data = decision.known.open_incident(monitor, "data")
            error = decision.known.open_incident(monitor, "error")
            if found.status in (Status.WARNING, Status.CRITICAL):
                assert data is not None
                missing = (one.status for one in data.members if one.is_missing)
                assert data.status is worst([found.status, *missing])
                assert data.last_seen == found.as_of
            assert found.status is not Status.ERROR or error is not None
            assert found.status is Status.ERROR or error is None or error.flapping


def somebody_is_told_of_every_failure_that_is_not_muted(played: Played) -> None:
    """By its own message, or by name in that of an incident that is at least as bad and open."""
    named: dict[str, set[str]] = {}
    for outcomes, decision, muted in zip(
        played.outcomes, played.decisions, played.muted, strict=True
    ):
        for change in decision.changes:
            if change.notifies:
                for child in change.children:
                    named.setdefault(child.incident.id, set()).add(change.incident.id)
        by_id = {one.id: one for one in decision.known.incidents if one.is_open}
        for incident in by_id.values():
            judged = outcomes.get(incident.monitor)
            if judged is None or incident.last_seen != judged.as_of or incident.monitor in muted:
                continue
            if incident.notified_at is not None:
                continue
            if incident.suppressed_by is Reason.UNCONFIRMED:
                assert incident.streak < POLICY.confirm_after(incident.status)
                continue
            assert incident.inhibited_by in by_id
            assert incident.inhibited_by in named[incident.id]
            assert by_id[incident.inhibited_by].notified_at is not None


def an_opening_that_nothing_holds_back_is_told(played: Played) -> None:
    for before, outcomes, decision, muted in zip(
        played.before, played.outcomes, played.decisions, played.muted, strict=True
    ):
        told = {change.incident.monitor for change in decision.changes if change.notifies}
        for monitor, found in outcomes.items():
            is_opening = (
                found.status is Status.WARNING and before.open_incident(monitor, "data") is None
            )
            if is_opening and monitor not in muted and not found.depends_on:
                assert monitor in told


def nothing_is_said_of_a_muted_monitor_but_the_end_of_what_was_told(played: Played) -> None:
    for decision, muted in zip(played.decisions, played.muted, strict=True):
        for change in decision.changes:
            if change.notifies and change.incident.monitor in muted:
                assert change.event in ENDS
            assert not muted & {child.incident.monitor for child in change.children}


def monitors_without_an_outcome_are_never_touched(played: Played) -> None:
    for before, outcomes, decision in zip(
        played.before, played.outcomes, played.decisions, strict=True
    ):
        for monitor in set(MONITORS) - set(outcomes):
            assert decision.known.monitors.get(monitor) == before.monitors.get(monitor)
            assert [one for one in decision.known.incidents if one.monitor == monitor] == [
                one for one in before.incidents if one.monitor == monitor
            ]


def members_are_counted_once_as_failing_mended_or_left(played: Played) -> None:
    for incident in played.history.known.incidents:
        assert incident.recovered == len({one.key for one in incident.recovered_members})
        assert incident.left == len({one.key for one in incident.left_members})
        gone = {one.key for one in (*incident.recovered_members, *incident.left_members)}
        assert len(gone) == incident.recovered + incident.left
        if incident.is_open:
            assert gone.isdisjoint(one.key for one in incident.members)


LAWS = (
    every_opening_that_was_told_has_one_end_that_was_told_or_is_still_open,
    no_monitor_is_opened_twice_without_an_end_between,
    no_event_id_comes_twice,
    an_incident_has_at_most_one_event_a_run,
    only_a_pass_ends_what_is_wrong_with_data,
    a_failure_leaves_an_open_incident_of_its_kind,
    somebody_is_told_of_every_failure_that_is_not_muted,
    an_opening_that_nothing_holds_back_is_told,
    nothing_is_said_of_a_muted_monitor_but_the_end_of_what_was_told,
    monitors_without_an_outcome_are_never_touched,
    members_are_counted_once_as_failing_mended_or_left,
)


@settings(max_examples=settings().max_examples * 3)
@given(PLANS)
def test_every_history_keeps_every_law(plan: Plan) -> None:
    played = play(plan)
    for law in LAWS:
        law(played)


@settings(max_examples=settings().max_examples // 3)
@given(PLANS)
def test_what_is_known_survives_its_json(plan: Plan) -> None:
    known = play(plan).history.known
    adapter = TypeAdapter(Known)
    assert adapter.validate_json(adapter.dump_json(known, by_alias=True)) == known


@settings(max_examples=settings().max_examples // 20)
@given(PLANS)
def test_what_is_known_does_not_grow_with_the_number_of_runs(plan: Plan) -> None:
    history = History()
    sizes = []
    for number in range(200):
        run = plan.runs[number % len(plan.runs)]
        history.run(
            *(
                outcome(monitor, STATUSES[letter], at(number), failing=[f"{number}-{monitor}"])
                for monitor, (letter, _, _) in run.found.items()
            )
        )
        history.runs = number + 1
        sizes.append(len(history.known.incidents))
    assert max(sizes) <= len(MONITORS) * 2 * 4
    for incident in history.known.incidents:
        assert len(incident.recovered_members) <= MOST_GONE
        assert len(incident.left_members) <= MOST_GONE
    assert all(len(memory.recent) <= RECENT for memory in history.known.monitors.values())
