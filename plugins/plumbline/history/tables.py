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
    "project", "STRING", "The plumbline project; NULL: written by a version that recorded none."
)
_TARGET = OwnColumn(
    "target", "STRING", "The target's name; NULL: written by a version that recorded none."
)

_STATE_COLUMNS = (
    _id("Version and writer."),
    OwnColumn("version", "INT64", "1 for the first commit; each commit adds one.", True),
    OwnColumn("writer", "STRING", "Who committed it; unique for each commit.", True),
    OwnColumn("written_at", "TIMESTAMP", "When it was committed.", True),
    OwnColumn("run_id", "STRING", "The run that committed; NULL for a command."),
    OwnColumn("schema_version", "INT64", "Version of these tables' columns.", True),
    OwnColumn("snapshot", "STRING", "The whole state as JSON.", True),
    _PROJECT,
    _TARGET,
)

STATE = OwnTable(
    name="state",
    description="What plumbline knows between runs. One row per commit; the highest "
    "version is current.",
    columns=_STATE_COLUMNS,
    partition_by="written_at",
    cluster_by=("version",),
)

WATCHDOG = OwnTable(
    name="watchdog",
    description="What the watchdog knows between its checks, except the runs that it watches. "
    "One row per commit; the highest version is current.",
    columns=_STATE_COLUMNS,
    partition_by="written_at",
    cluster_by=("version",),
)

ADOPTIONS = OwnTable(
    name="adoptions",
    description="Which project and target continue the state of a version that recorded no "
    "project, and own its rows. At most one row per table of state.",
    columns=(
        _id("The table of state, and when it was created."),
        OwnColumn("state_table", "STRING", "state or watchdog.", True),
        OwnColumn("project", "STRING", "The plumbline project that continues the state.", True),
        OwnColumn("target", "STRING", "Its target.", True),
        OwnColumn("version", "INT64", "The version of the state that was continued.", True),
        OwnColumn("recorded_at", "TIMESTAMP", "When it was taken over.", True),
    ),
    partition_by="recorded_at",
    cluster_by=("state_table",),
)

HEARTBEATS = OwnTable(
    name="heartbeats",
    description="Start and end of each live run, two rows per run. Count each event_id once.",
    columns=(
        _id("Run and kind."),
        OwnColumn("run_id", "STRING", "The run.", True),
        OwnColumn("kind", "STRING", "started or finished.", True),
        OwnColumn("beat_at", "TIMESTAMP", "When it started or finished.", True),
        OwnColumn("checkpoint", "STRING", "The checkpoint that is run.", True),
        OwnColumn("target", "STRING", "The target, by its name in great_expectations.yml.", True),
        OwnColumn("schedule", "STRING", "The schedule; NULL: unknown."),
        OwnColumn("due_at", "TIMESTAMP", "Due time of the run; NULL: unknown."),
        OwnColumn("monitors", "INT64", "Number of monitors in the checkpoint."),
        OwnColumn("checked", "INT64", "Number of monitors with another status than ERROR."),
        OwnColumn("evaluated", "INT64", "Expectations that were evaluated."),
        OwnColumn("status", "STRING", "Status of the run; FAILED: it was aborted."),
        OwnColumn("exit_code", "INT64", "Exit code, as far as the run decides it."),
        OwnColumn("seconds", "FLOAT64", "Duration of the run."),
        OwnColumn("waiting", "INT64", "Messages that could not be delivered."),
        OwnColumn("action_errors", "STRING", "Actions that failed, one per line."),
        OwnColumn("place", "STRING", "Where it ran: a Cloud Run execution, a GitHub run."),
        OwnColumn(
            "suite_revision", "STRING", "Commit of the suites, with -dirty if files were modified."
        ),
        OwnColumn("recorded_at", "TIMESTAMP", "When the row was written.", True),
        _PROJECT,
    ),
    partition_by="beat_at",
    cluster_by=("target", "checkpoint"),
)

OUTCOMES = OwnTable(
    name="outcomes",
    description="What each run found: one row per monitor (group_key is NULL) and one per group. "
    "A repeated run appends its rows again: use the last recorded row of each event_id.",
    columns=(
        _id("Hash of what was evaluated, from project to group; the same for a repeated run."),
        OwnColumn("run_id", "STRING", "The run that found it.", True),
        OwnColumn("checkpoint", "STRING", "The checkpoint that was run.", True),
        OwnColumn("target", "STRING", "The target, by its name in great_expectations.yml.", True),
        OwnColumn("as_of", "TIMESTAMP", "The instant for which data were checked.", True),
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
        OwnColumn(
            "suite_revision", "STRING", "Commit of the suites, with -dirty if files were modified."
        ),
        OwnColumn("model", "STRING", "The model."),
        OwnColumn("sql_hash", "STRING", "Hash of the SQL that was sent."),
        OwnColumn("row_count", "INT64", "Of a monitor: rows that the model returned."),
        OwnColumn("jobs", "STRING", "Of a monitor: ids of the query jobs, as a JSON list."),
        OwnColumn("bytes_billed", "INT64", "Of a monitor; NULL: the warehouse doesn't report it."),
        OwnColumn("seconds", "FLOAT64", "Of a monitor: its duration."),
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
    description="What happened to incidents, one row per event. Count each event_id once.",
    columns=(
        _id("Incident, number of the event and event."),
        OwnColumn("incident_id", "STRING", "The incident.", True),
        OwnColumn("monitor", "STRING", "The monitor of the incident.", True),
        OwnColumn("kind", "STRING", "data: the data is wrong; error: the check failed.", True),
        OwnColumn("event", "STRING", "opened, changed, escalated, resolved, ...", True),
        OwnColumn("reason", "STRING", "Why it was sent, or not sent.", True),
        OwnColumn("status", "STRING", "After the event; of an ended one, the last.", True),
        OwnColumn("previous_status", "STRING", "Before the event; NULL at the opening."),
        OwnColumn("as_of", "TIMESTAMP", "as_of of the run in which it happened.", True),
        OwnColumn("opened_at", "TIMESTAMP", "as_of of the run that opened it.", True),
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
    description="Delivery of each message, one row per round of attempts. Count each event_id "
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
    description="The deployed and the newest commit of each service, one row per service and "
    "check. The monitor deployment_drift reads it: models/sources.yml has its columns too.",
    columns=(
        _id("Project, target, service and time of the check."),
        OwnColumn("service", "STRING", "The service, by its name in deploy/services.yml.", True),
        OwnColumn("observed_at", "TIMESTAMP", "When it was checked.", True),
        OwnColumn("deployed_commit", "STRING", "The commit that it runs; NULL: unknown."),
        OwnColumn("main_commit", "STRING", "The newest commit of the branch it is built from."),
        OwnColumn("last_own_commit", "STRING", "The last commit that touched its own paths."),
        OwnColumn("commits_behind", "INT64", "Commits that it does not run."),
        OwnColumn("own_commits_behind", "INT64", "Those of them that touched its own paths."),
        OwnColumn("oldest_at", "TIMESTAMP", "When the oldest of those was merged."),
        OwnColumn("found_by", "STRING", "Where the deployed commit was read: a label, a tag, ..."),
        OwnColumn("revision", "STRING", "Cloud Run's name of the deployed revision."),
        OwnColumn("reason", "STRING", "Why the drift is unknown."),
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
