"""The vocabulary of incidents, and the reading of ``incidents.yml``.

A class an incident's ``kind``; its docstring and fields are the vocabulary. The generators ask
``Incidents.on(Kind, day)`` what happens to a day.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import yaml
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from demo_season.errors import DemoSeasonError, did_you_mean
from demo_season.world import PROCESSORS, SERVICES, SYSTEMS, TEAMS

FEATURES = "nba_predictions.ml_feature_store_v2"
PREDICTIONS = "nba_predictions.player_prop_predictions"
ACCURACY = "nba_predictions.prediction_accuracy"
SCHEDULE = "nba_reference.nba_schedule"
RUNS = "nba_reference.processor_run_history"
PLAY_BY_PLAY = "nba_raw.bigdataball_play_by_play"
COMPLETIONS = "nba_orchestration.phase_completions"
ERRORS = "nba_orchestration.service_errors"
DEPLOYMENTS = "plumbline.service_deployments"


def _read_dates(value: object) -> object:
    """``2025-11-05..2025-11-12``, both ends included, or a list of dates."""
    if not isinstance(value, str):
        return value if isinstance(value, list | tuple) else [value]
    if not (ends := re.fullmatch(r"(\d{4}-\d\d-\d\d) *\.\. *(\d{4}-\d\d-\d\d)", value.strip())):
        raise ValueError("write 2026-01-31..2026-02-01 or [2026-01-31, 2026-02-01]")
    first, last = (dt.date.fromisoformat(end) for end in ends.groups())
    if last < first:
        raise ValueError("the range ends before it begins")
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def _one_of(what: str, known: Iterable[str]) -> BeforeValidator:
    names = tuple(known)

    def check(value: object) -> object:
        if value not in names:
            raise ValueError(f"no {what} {value!r}: {did_you_mean(str(value), names)}")
        return value

    return BeforeValidator(check)


Dates = Annotated[tuple[dt.date, ...], BeforeValidator(_read_dates), Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
SystemId = Annotated[str, _one_of("prediction system", (system.name for system in SYSTEMS))]
Team = Annotated[str, _one_of("team", TEAMS)]
Service = Annotated[str, _one_of("service", SERVICES)]
ProcessorName = Annotated[str, _one_of("processor", (each.name for each in PROCESSORS))]
Count = Annotated[int, Field(ge=0)]
PerDate = Count | dict[dt.date, Count]
GroupValue = str | int | float | bool | dt.date | None


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorBurst(_Strict):
    """Errors that the service logs each day of the incident: rows of ``service_errors``."""

    service: Service
    type: str
    category: str
    count: Count


class FailedRuns(_Strict):
    """Processors whose runs fail each day of the incident: rows of ``processor_run_history``."""

    processors: tuple[ProcessorName, ...] = ()
    """For processors_missing: besides the missing ones."""
    category: str


class Incident(_Strict):
    """What every incident has."""

    touches: ClassVar[frozenset[str]]
    """The tables that a kind can touch."""
    alone: ClassVar[bool] = True
    """Whether two incidents of the kind on one date would contradict each other."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Annotated[str, Field(min_length=1)]
    kind: str
    tables: Annotated[tuple[str, ...], Field(min_length=1)]
    dates: Dates
    """Days whose data is affected (New York)."""
    began: AwareDatetime
    due: AwareDatetime | None
    """When the first day's data should have been there."""
    mended: AwareDatetime | None
    """When the data that were held back arrived; null where they never did."""
    undetected: str | None = None
    """How long nobody noticed, in words."""
    monitors: tuple[str, ...]
    """Monitors that should notice; none, where the monitors must stay healthy."""
    groups: tuple[Annotated[dict[str, GroupValue], Field(min_length=1)], ...] = ()
    """Groups of the monitors that it concerns: ``{system_id: catboost_v8}``; any if empty."""
    errors: ErrorBurst | None = None
    failed_runs: FailedRuns | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Incident:
        for name in self.tables:
            if name not in self.touches:
                fix = did_you_mean(name, self.touches)
                raise ValueError(f"tables: {self.kind} does not touch {name!r}: {fix}")
        if self.mended and self.mended < self.began:
            raise ValueError("mended: earlier than began")
        return self


def on_date(value: PerDate, day: dt.date) -> int:
    """One number for every date, or a number a date (0 where none is given)."""
    return value if isinstance(value, int) else value.get(day, 0)


class FeatureCount(_Strict):
    """A day's complete feature rows, exactly."""

    rows: Annotated[int, Field(ge=1)]
    with_line: Count


class LineCoverage(Incident):
    """Only a share of the feature rows has a Vegas line. The rows stay so, mended or not."""

    touches = frozenset({FEATURES})
    kind: Literal["line_coverage"]
    share: Share | tuple[Share, Share]
    """Of the complete rows; of two numbers each day takes one in between."""
    by_date: dict[dt.date, FeatureCount] = {}
    """Days whose numbers are known exactly."""


class UsageRate(Incident):
    """Only a share of the feature rows has a usage rate. The rows stay so, mended or not."""

    touches = frozenset({FEATURES})
    kind: Literal["usage_rate"]
    share: Share
    """Of the complete rows."""


class FeatureQuality(Incident):
    """The quality scores of the feature rows are low. The rows stay so, mended or not."""

    touches = frozenset({FEATURES})
    kind: Literal["feature_quality"]
    mean: Annotated[float, Field(ge=0, le=99)]
    """Of the complete rows, to one decimal."""


class LatePredictions(Incident):
    """No prediction is written until `mended`; never, where that is null."""

    touches = frozenset({PREDICTIONS})
    kind: Literal["late_predictions"]


class SilentSystems(Incident):
    """The systems named write no predictions, and never do for these dates."""

    touches = frozenset({PREDICTIONS})
    kind: Literal["silent_systems"]
    systems: Annotated[tuple[SystemId, ...], Field(min_length=1)]


class FewPredictions(Incident):
    """The systems named write so many predictions, for good; the others write their usual ones."""

    touches = frozenset({PREDICTIONS})
    kind: Literal["few_predictions"]
    rows: Annotated[dict[SystemId, PerDate], Field(min_length=1)]
    """Of each system, for each date or by date; 0: none."""

    def of_system(self, system: str, day: dt.date) -> int | None:
        """The rows that a system writes on a date; None where it writes its usual ones."""
        return on_date(self.rows[system], day) if system in self.rows else None


class GradingOutage(Incident):
    """Predictions of these dates are not graded until `mended`, but for a share of some systems."""

    touches = frozenset({ACCURACY})
    kind: Literal["grading_outage"]
    graded: dict[SystemId, Share] = {}
    """Of the gradable predictions, those graded before `mended`; 0 for other systems."""
    restored: AwareDatetime | None = None
    """When the service ran again; from `began` until then it grades nothing at all."""
    backfilled: Count | None = None
    """Rows graded after `mended`, all systems together; nearly all of the rest if not given."""


class MissingGames(Incident):
    """Some games have no play-by-play. The table has no time of arrival, so they never get any."""

    touches = frozenset({PLAY_BY_PLAY})
    kind: Literal["missing_games"]
    present: PerDate
    """Final games that do have rows, for each date or by date."""

    @model_validator(mode="after")
    def _is_never_mended(self) -> MissingGames:
        if self.mended:
            raise ValueError("mended: must be null, play-by-play does not say when it arrived")
        return self


class ProcessorsMissing(Incident):
    """Of a phase's processors only some complete; the others fail, and complete after `mended`."""

    touches = frozenset({COMPLETIONS})
    kind: Literal["processors_missing"]
    phase: Literal["phase3", "phase4"] = "phase3"
    complete: PerDate
    """Processors that do complete, for each date or by date."""


class ProcessorRuns(Incident):
    """Runs fail and are repeated until one succeeds, so that no completion is missing.

    Processors of `failed_runs` have no run that succeeds before `mended`.
    """

    touches = frozenset({RUNS})
    kind: Literal["processor_runs"]
    repeated: dict[ProcessorName, Annotated[int, Field(ge=1)]]
    """Runs of each processor that fail before the one that succeeds, half an hour apart."""
    category: str
    """Of their failure."""


class BoxScores(Incident):
    """Phase 3 completes with only a share of the box scores; with all of them after `mended`."""

    touches = frozenset({COMPLETIONS, RUNS})
    kind: Literal["box_scores"]
    share: Share
    """Of 26 rows for each game that was played."""


class Duplicates(Incident):
    """Rows are written twice, into the one table that `tables` names."""

    touches = frozenset({PREDICTIONS, ACCURACY})
    alone = False
    kind: Literal["duplicates"]
    rows: Annotated[int, Field(ge=1)]
    """Second copies a date."""
    systems: tuple[SystemId, ...] = ()
    """Of these systems only; of all, if not given."""


class PostponedGame(Incident):
    """A game stays scheduled (status 1) on its date; it may be replayed under a new id."""

    touches = frozenset({SCHEDULE})
    alone = False
    kind: Literal["postponed_game"]
    away: Team
    home: Team
    replayed: dt.date | None = None

    @model_validator(mode="after")
    def _is_one_game(self) -> PostponedGame:
        if len(self.dates) != 1:
            raise ValueError("dates: a game is postponed on one date")
        if self.home == self.away:
            raise ValueError("away: a team can't play itself")
        return self


class StaleDeployment(Incident):
    """A service runs old code from `began` until `mended`."""

    touches = frozenset({DEPLOYMENTS})
    alone = False
    kind: Literal["stale_deployment"]
    service: Service
    behind: Count
    """Commits that are not deployed, on the sixth day."""
    own_paths: Count
    """Those of them that touched the service's own paths."""


AnyIncident = Annotated[
    LineCoverage
    | UsageRate
    | FeatureQuality
    | LatePredictions
    | SilentSystems
    | FewPredictions
    | GradingOutage
    | MissingGames
    | ProcessorsMissing
    | ProcessorRuns
    | BoxScores
    | Duplicates
    | PostponedGame
    | StaleDeployment,
    Field(discriminator="kind"),
]
KINDS: tuple[type[Incident], ...] = (
    LineCoverage,
    UsageRate,
    FeatureQuality,
    LatePredictions,
    SilentSystems,
    FewPredictions,
    GradingOutage,
    MissingGames,
    ProcessorsMissing,
    ProcessorRuns,
    BoxScores,
    Duplicates,
    PostponedGame,
    StaleDeployment,
)

K = TypeVar("K", bound=Incident)


@dataclass(frozen=True)
class Incidents:
    """All incidents of a season."""

    every: tuple[Incident, ...] = ()

    def __iter__(self) -> Iterator[Incident]:
        return iter(self.every)

    @cached_property
    def _by_day(self) -> Mapping[dt.date, list[Incident]]:
        found: dict[dt.date, list[Incident]] = defaultdict(list)
        for each in self.every:
            for day in dict.fromkeys(each.dates):
                found[day].append(each)
        return found

    def of(self, kind: type[K], day: dt.date) -> list[K]:
        """The incidents of a kind that touch a date."""
        return [each for each in self._by_day.get(day, ()) if isinstance(each, kind)]

    def on(self, kind: type[K], day: dt.date) -> K | None:
        """The incident of a kind that touches a date; of most kinds there can be only one."""
        return next(iter(self.of(kind, day)), None)


def kind_names() -> dict[str, type[Incident]]:
    """The vocabulary: each kind's word and class."""
    return {kind.model_fields["kind"].annotation.__args__[0]: kind for kind in KINDS}  # type: ignore[union-attr]


def read_incidents(path: Path) -> Incidents:
    """The incidents of a file; one clear message for the first thing wrong in it."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except OSError as error:
        raise DemoSeasonError(
            f"cannot read the incidents: {error.strerror}", file=path, fix="give --incidents FILE"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())
        raise DemoSeasonError(f"not valid YAML: {problem}", file=path) from error
    if not isinstance(document, Mapping) or not isinstance(document.get("incidents"), list):
        raise DemoSeasonError(
            "no list of incidents", file=path, key="incidents", fix="begin with `incidents:`"
        )
    incidents: list[Incident] = []
    for number, entry in enumerate(document["incidents"]):
        incident = _read_one(path, number, entry)
        _check_beside(path, incidents, incident)
        incidents.append(incident)
    return Incidents(tuple(incidents))


def _read_one(path: Path, number: int, entry: Any) -> Incident:
    named = entry.get("id") if isinstance(entry, Mapping) else None
    where = f"incidents[{number}]" + (f" ({named})" if named else "")
    try:
        incident: Incident = TypeAdapter(AnyIncident).validate_python(entry)
    except ValidationError as error:
        raise _explain(error.errors()[0], path, where, entry) from error
    return incident


def _explain(problem: ErrorDetails, path: Path, where: str, entry: Any) -> DemoSeasonError:
    """A pydantic error in this file's words."""
    kinds = kind_names()
    if problem["type"] == "union_tag_invalid":
        word = str(entry["kind"])
        return DemoSeasonError(
            f"unknown kind {word!r}", file=path, key=f"{where}.kind", fix=did_you_mean(word, kinds)
        )
    if problem["type"] == "union_tag_not_found":
        return DemoSeasonError(
            "kind is missing", file=path, key=f"{where}.kind", fix=f"one of: {', '.join(kinds)}"
        )
    # pydantic puts the kind first, which is not a key of the file, and marks keys of a mapping.
    keys = [str(part) for part in problem["loc"][1:] if part != "[key]"]
    key = ".".join([where, *keys])
    if problem["type"] == "missing":
        fix = f"add `{keys[-1]}:`" + (" (null: never)" if keys[-1] in ("due", "mended") else "")
        return DemoSeasonError(f"{keys[-1]} is missing", file=path, key=key, fix=fix)
    if problem["type"] == "extra_forbidden":
        known = kinds[entry["kind"]].model_fields
        return DemoSeasonError(
            f"unknown key {keys[-1]!r}",
            file=path,
            key=key,
            fix=did_you_mean(keys[-1], known) if len(keys) == 1 else None,
        )
    if problem["type"] == "timezone_aware":
        return DemoSeasonError(
            f"{keys[-1]} has no zone", file=path, key=key, fix="write 2026-01-31T10:00:00-05:00"
        )
    message = problem["msg"].removeprefix("Value error, ")
    return DemoSeasonError(message, file=path, key=key)


def _check_beside(path: Path, before: Iterable[Incident], incident: Incident) -> None:
    """An id only once; and no date with two incidents that say different things of it."""
    for other in before:
        if other.id == incident.id:
            raise DemoSeasonError(f"two incidents have the id {incident.id!r}", file=path, key="id")
        if incident.alone and other.kind == incident.kind:
            both = sorted(set(other.dates) & set(incident.dates))
            if both:
                raise DemoSeasonError(
                    f"{other.id!r} and {incident.id!r} are both {incident.kind} on {both[0]}",
                    file=path,
                    key=f"{incident.id}.dates",
                    fix="let only one of them have the date",
                )
