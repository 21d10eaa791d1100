"""The tables of the dataset ``plumbline``: columns, partitions, clusters and the schema's version.

A newer version may only add columns (NULLABLE): then an older plumbline can go on appending.
Used by `dataset` to make and migrate them, and by those that write rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plumbline.project.targets import OWN_DATASET

DATASET = OWN_DATASET
"""Its name, unless the target's ``datasets`` says another."""

SCHEMA_VERSION = 7
"""Counted up when a column is added: existing tables get it with the next run."""

Type = Literal["STRING", "INT64", "FLOAT64", "BOOL", "TIMESTAMP"]


@dataclass(frozen=True)
class OwnColumn:
    """One column."""

    name: str
    type: Type
    description: str
    required: bool = False


@dataclass(frozen=True)
class OwnTable:
    """One table, partitioned by the day of one of its instants."""

    name: str
    description: str
    columns: tuple[OwnColumn, ...]
    partition_by: str
    cluster_by: tuple[str, ...]


def _id(description: str) -> OwnColumn:
    return OwnColumn("event_id", "STRING", description, required=True)


_PROJECT = OwnColumn(
    "project", "STRING", "The plumbline project; NULL: of a version that recorded none."
)
_TARGET = OwnColumn(
    "target", "STRING", "The target, by its name; NULL: of a version that recorded none."
)

_STATE_COLUMNS = (
    _id("Version and writer."),
    OwnColumn("version", "INT64", "1 for the first commit; each commit adds one.", True),
    OwnColumn("writer", "STRING", "Who committed: unlike any other commit's.", True),
    OwnColumn("written_at", "TIMESTAMP", "When it was committed.", True),
    OwnColumn("run_id", "STRING", "The run that committed; NULL for a command."),
    OwnColumn("schema_version", "INT64", "Version of these tables' columns.", True),
    OwnColumn("snapshot", "STRING", "The whole state as JSON.", True),
    _PROJECT,
    _TARGET,
)

STATE = OwnTable(
    name="state",
    description="What plumbline knows between runs: one row a commit, the highest version counts.",
    columns=_STATE_COLUMNS,
    partition_by="written_at",
    cluster_by=("version",),
)

WATCHDOG = OwnTable(
    name="watchdog",
    description="What the watchdog knows between its looks, apart from the runs that it watches: "
    "one row a commit, the highest version counts.",
    columns=_STATE_COLUMNS,
    partition_by="written_at",
    cluster_by=("version",),
)

ADOPTIONS = OwnTable(
    name="adoptions",
    description="Who continues the state of a version that recorded no project, and so owns its "
    "rows: at most one row for each table of state.",
    columns=(
        _id("The table of state, and when it was made."),
        OwnColumn("state_table", "STRING", "state or watchdog.", True),
        OwnColumn("project", "STRING", "The plumbline project that goes on.", True),
        OwnColumn("target", "STRING", "Its target.", True),
        OwnColumn("version", "INT64", "The version that it goes on from.", True),
        OwnColumn("recorded_at", "TIMESTAMP", "When it was taken over.", True),
    ),
    partition_by="recorded_at",
    cluster_by=("state_table",),
)

HEARTBEATS = OwnTable(
    name="heartbeats",
    description="That runs started and finished: two rows a live run. An event_id counts once.",
    columns=(
        _id("Run and kind."),
        OwnColumn("run_id", "STRING", "The run.", True),
        OwnColumn("kind", "STRING", "started or finished.", True),
        OwnColumn("beat_at", "TIMESTAMP", "When it started or finished.", True),
        OwnColumn("checkpoint", "STRING", "The checkpoint that is run.", True),
        OwnColumn("target", "STRING", "The target, by its name in great_expectations.yml.", True),
        OwnColumn("schedule", "STRING", "The schedule; NULL: unknown."),
        OwnColumn("due_at", "TIMESTAMP", "Due time of the run; NULL: unknown."),
        OwnColumn("monitors", "INT64", "How many the checkpoint has."),
        OwnColumn("checked", "INT64", "How many ended in another status than ERROR."),
        OwnColumn("evaluated", "INT64", "Expectations that were evaluated."),
        OwnColumn("status", "STRING", "Of the run; FAILED: it broke off."),
        OwnColumn("exit_code", "INT64", "Of the process, as far as the run decides it."),
        OwnColumn("seconds", "FLOAT64", "How long it took."),
        OwnColumn("waiting", "INT64", "Messages that could not be delivered."),
        OwnColumn("action_errors", "STRING", "Actions that raised, a line each."),
        OwnColumn("place", "STRING", "Where it ran: a Cloud Run execution, a GitHub run."),
        OwnColumn("suite_revision", "STRING", "Commit of the suites, -dirty where changed."),
        OwnColumn("recorded_at", "TIMESTAMP", "When the row was written.", True),
        _PROJECT,
    ),
    partition_by="beat_at",
    cluster_by=("target", "checkpoint"),
)

OUTCOMES = OwnTable(
    name="outcomes",
    description="What each run found: a row a monitor (group_key is NULL), and a row for each of "
    "its groups. A repeated run appends again: count the last recorded of an event_id.",
    columns=(
        _id("Hash of what was judged, from project to group: the same for a repeated run."),
        OwnColumn("run_id", "STRING", "The run that found it.", True),
        OwnColumn("checkpoint", "STRING", "The checkpoint that was run.", True),
        OwnColumn("target", "STRING", "The target, by its name in great_expectations.yml.", True),
        OwnColumn("as_of", "TIMESTAMP", "The instant that was judged.", True),
        OwnColumn("recorded_at", "TIMESTAMP", "When the row was written.", True),
        OwnColumn("monitor", "STRING", "The monitor.", True),
        OwnColumn("group_key", "STRING", "The group's columns as JSON; NULL: the monitor itself."),
        OwnColumn("group_hash", "STRING", "Hash of group_key, the same wherever it is written."),
        OwnColumn("status", "STRING", "PASS, WARNING, CRITICAL, ERROR or SKIPPED.", True),
        OwnColumn("observed", "FLOAT64", "What was measured."),
        OwnColumn("unit", "STRING", "Unit of observed and threshold."),
        OwnColumn("numerator", "FLOAT64", "What observed was computed from."),
        OwnColumn("denominator", "FLOAT64", "What observed was computed from."),
        OwnColumn("threshold", "FLOAT64", "Of a group: the bound that failed, else the first."),
        OwnColumn("thresholds", "STRING", "Of a monitor: the bounds that were in force, in words."),
        OwnColumn("reason", "STRING", "Why, for ERROR and SKIPPED."),
        OwnColumn("summary", "STRING", "Of a monitor: one line for people."),
        OwnColumn("suite_revision", "STRING", "Commit of the suites, -dirty where changed."),
        OwnColumn("model", "STRING", "The model."),
        OwnColumn("sql_hash", "STRING", "Hash of the SQL that was sent."),
        OwnColumn("row_count", "INT64", "Of a monitor: rows that the model returned."),
        OwnColumn("jobs", "STRING", "Of a monitor: ids of the query jobs, as a JSON list."),
        OwnColumn("bytes_billed", "INT64", "Of a monitor; NULL: the warehouse doesn't report it."),
        OwnColumn("seconds", "FLOAT64", "Of a monitor: how long it took."),
        OwnColumn("threshold_lines", "STRING", "The bounds in force as numbers, as a JSON list."),
        OwnColumn("owner", "STRING", "Of a monitor: who owns it."),
        OwnColumn("whole", "BOOL", "Of a monitor: whether the run was of its whole checkpoint."),
        OwnColumn(
            "metrics",
            "STRING",
            "Numbers of a table, or units of bounds per unit, with statuses, as JSON.",
        ),
        OwnColumn(
            "expectations",
            "STRING",
            "Of a monitor: each expectation with its result (pass, fail, error, skip), as JSON.",
        ),
        _PROJECT,
    ),
    partition_by="as_of",
    cluster_by=("monitor", "checkpoint"),
)

INCIDENTS = OwnTable(
    name="incidents",
    description="What happened to incidents: a row an event. An event_id counts once.",
    columns=(
        _id("Incident, number of the event and event."),
        OwnColumn("incident_id", "STRING", "The incident.", True),
        OwnColumn("monitor", "STRING", "The monitor that it is of.", True),
        OwnColumn("kind", "STRING", "data: the data is wrong; error: the check failed.", True),
        OwnColumn("event", "STRING", "opened, changed, escalated, resolved, ...", True),
        OwnColumn("reason", "STRING", "Why it was sent, or not sent.", True),
        OwnColumn("status", "STRING", "After the event; of an ended one, the last.", True),
        OwnColumn("previous_status", "STRING", "Before the event; NULL at the opening."),
        OwnColumn("as_of", "TIMESTAMP", "The judged instant at which it happened.", True),
        OwnColumn("opened_at", "TIMESTAMP", "The judged instant at which it opened.", True),
        OwnColumn("run_id", "STRING", "The run that found it."),
        OwnColumn("checkpoint", "STRING", "The checkpoint of that run."),
        OwnColumn("speaks", "BOOL", "False: not sent (muted, acknowledged, inhibited).", True),
        OwnColumn("members", "STRING", "The failing groups, as a JSON list."),
        OwnColumn("summary", "STRING", "One line for people."),
        OwnColumn("version", "INT64", "The version of the state that holds it.", True),
        OwnColumn("recorded_at", "TIMESTAMP", "When that version was committed.", True),
        _PROJECT,
        _TARGET,
    ),
    partition_by="as_of",
    cluster_by=("monitor", "incident_id"),
)

DELIVERIES = OwnTable(
    name="deliveries",
    description="What came of each message: a row for each round of attempts. An event_id counts "
    "once.",
    columns=(
        _id("Message and number of its attempts."),
        OwnColumn("message_id", "STRING", "The message.", True),
        OwnColumn("channel", "STRING", "The channel, by its name in alerts.yml.", True),
        OwnColumn("run_id", "STRING", "The run that decided the message."),
        OwnColumn("incidents", "STRING", "Ids of the incidents in it, as a JSON list.", True),
        OwnColumn("verdict", "STRING", "delivered, retry, refused or dropped.", True),
        OwnColumn("status_code", "INT64", "HTTP status; NULL: no response."),
        OwnColumn("detail", "STRING", "The receiver's response, without secrets."),
        OwnColumn("attempts", "INT64", "Attempts so far, all rounds together.", True),
        OwnColumn("attempted_at", "TIMESTAMP", "When the last of them ended.", True),
        OwnColumn("version", "INT64", "The version of the state that holds it.", True),
        OwnColumn("recorded_at", "TIMESTAMP", "When that version was committed.", True),
        _PROJECT,
        _TARGET,
    ),
    partition_by="attempted_at",
    cluster_by=("channel", "message_id"),
)

SERVICE_DEPLOYMENTS = OwnTable(
    name="service_deployments",
    description="What each service runs, against what it should: a row a service and look. The "
    "monitor deployment_drift reads it, so its columns stand in models/sources.yml too.",
    columns=(
        _id("Project, target, service and instant of the look."),
        OwnColumn("service", "STRING", "The service, by its name in deploy/services.yml.", True),
        OwnColumn("observed_at", "TIMESTAMP", "When it was checked.", True),
        OwnColumn("deployed_commit", "STRING", "The commit that it runs; NULL: unknown."),
        OwnColumn("main_commit", "STRING", "The newest commit of the branch it is built from."),
        OwnColumn("last_own_commit", "STRING", "The last commit that touched its own paths."),
        OwnColumn("commits_behind", "INT64", "Commits that it does not run."),
        OwnColumn("own_commits_behind", "INT64", "Those of them that touched its own paths."),
        OwnColumn("oldest_at", "TIMESTAMP", "When the oldest of those came to the branch."),
        OwnColumn("found_by", "STRING", "Where the deployed commit was read: a label, a tag, ..."),
        OwnColumn("revision", "STRING", "Cloud Run's name of the deployed revision."),
        OwnColumn("reason", "STRING", "Why it is not known how far behind it is."),
        OwnColumn("recorded_at", "TIMESTAMP", "When the row was written.", True),
        _PROJECT,
        _TARGET,
    ),
    partition_by="observed_at",
    cluster_by=("service",),
)

TABLES = (
    STATE,
    OUTCOMES,
    INCIDENTS,
    DELIVERIES,
    HEARTBEATS,
    WATCHDOG,
    ADOPTIONS,
    SERVICE_DEPLOYMENTS,
)
