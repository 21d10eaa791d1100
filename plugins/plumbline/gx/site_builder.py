"""The data docs site behind GX's own mechanism: a site of ``data_docs_sites``.

    data_docs_sites:
      local_site:
        class_name: SiteBuilder
        module_name: plumbline.gx.site_builder
        store_backend:
          class_name: TupleFilesystemStoreBackend
          base_directory: .plumbline/docs/

So the action of a checkpoint, ``context.build_data_docs()`` and ``plumbline docs build`` make the
same site. GX's own builder reads every stored result at each validation; this one reads those of
the run. Each target has a site of its own below the configured place, so that demo data never
stands among real ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationSuiteValidationResultSchema,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from plumbline.core.errors import ConfigError, MonitorError
from plumbline.evaluate.build_suite import build_suite
from plumbline.gx.project_context import project_of
from plumbline.project import Project, Target
from plumbline.project.due import next_due
from plumbline.project.find import PROJECT_FILE
from plumbline.project.masked_suite import masked_suite
from plumbline.project.sites import MODULE, read_sites, site_folder
from plumbline.run.jobs import MonitorJobs
from plumbline.site import paths
from plumbline.site.build import Built, GxPage, build_site
from plumbline.site.history_cache import Keep
from plumbline.site.records import Record, from_meta
from plumbline.site.writing import ConflictError, FolderSite, SiteFiles

MOST_STORED = 400
"""Stored results that a site without a cache begins with, the newest."""
MOST_BUILDS = 3
"""Times that a site is built, where other builds are faster."""


class SiteBuilder:
    """Plumbline's site, as GX makes site builders from their configuration.

    Args:
        store_backend: where the site lies: a folder, or a bucket (`plumbline.gx.cloud_storage`).
        site_name: its key in ``data_docs_sites``; GX leaves it out where it only asks for an
            address.
        options: the other keys of its configuration, which `plumbline.project.sites` reads.

    Raises:
        ConfigError: an unknown or wrong key.
    """

    def __init__(
        self,
        data_context: Any,
        store_backend: dict[str, Any] | None = None,
        site_name: str | None = None,
        runtime_environment: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self._context = data_context
        self.project = project_of(data_context)
        raw = {
            "class_name": type(self).__name__,
            "module_name": __name__,
            "store_backend": store_backend or {},
            **options,
        }
        name = site_name or "site"
        (self.config,) = read_sites(
            {"data_docs_sites": {name: raw}}, file=self.project.root / PROJECT_FILE
        )

    def build(
        self, resource_identifiers: Sequence[Any] | None = None, build_index: bool = True
    ) -> tuple[str, None]:
        """Bring the site up to date; GX's signature.

        Args:
            resource_identifiers: results that are new; None: draw the site as it is known.
            build_index: makes no difference: the overview always fits the other pages.

        Returns:
            The address of the overview, and nothing.
        """
        keys = [
            key for key in resource_identifiers or () if isinstance(key, ValidationResultIdentifier)
        ]
        return self.bring_up_to_date(keys).address, None

    def bring_up_to_date(
        self,
        keys: Iterable[ValidationResultIdentifier] = (),
        *,
        results: Mapping[ValidationResultIdentifier, Any] | None = None,
        recorded: Sequence[Record] = (),
        target: Target | None = None,
        afresh: bool = False,
    ) -> Built:
        """As `build`, with what it did.

        Args:
            keys: results that are new.
            results: the same as GX has them, for those that could not be stored.
            recorded: of a run that GX did not make.
            target: whose site; None: that of the results, else the project's default.
            afresh: read and draw everything again.

        Raises:
            PlumblineError: the site could not be written.
        """
        now = datetime.now(UTC)
        records = [*recorded]
        for key in keys:
            record = _record(self._context, _as_tuple(key))
            if record is None and results is not None:
                record = from_meta(results[key].meta)
            if record is not None:
                records.append(record)
        if target is None:
            target = self.project.target(records[0].run.target if records else None)

        chosen = target

        def build() -> Built:
            return build_site(
                self.files(chosen, afresh=afresh),
                self.project,
                chosen,
                records=records,
                now=now,
                gx=_GxPages(self._context, self.project, chosen, now),
                stored=_stored_records(self._context),
                next_runs=_next_runs(self.project, chosen, now),
                keep=Keep(days=self.config.retention_days),
                afresh=afresh,
            )

        for _ in range(MOST_BUILDS - 1):
            with contextlib.suppress(ConflictError):
                return build()
        return build()

    def files(self, target: Target, *, afresh: bool = False) -> SiteFiles:
        """Where the site of ``target`` lies; ``afresh``: trust nothing that was written there."""
        if self.config.is_folder:
            return FolderSite(site_folder(self.config, self.project.root, target.name))
        from plumbline.site.bucket import BucketSite

        return BucketSite(self.config.backend, target.name, afresh=afresh)

    def address(self, path: str, target: Target) -> str:
        """Where people find a page."""
        if self.config.public:
            return f"{self.config.public}/{target.name}/{path}"
        return self.files(target).address(path)

    def get_resource_url(
        self, resource_identifier: Any = None, only_if_exists: bool = True
    ) -> str | None:
        """The address of a suite's or a result's page, or of the overview; GX's signature."""
        target = self.project.target()
        path = paths.OVERVIEW
        if isinstance(resource_identifier, ExpectationSuiteIdentifier):
            path = paths.gx_suite(resource_identifier.name)
        elif isinstance(resource_identifier, ValidationResultIdentifier):
            path = paths.gx_result(_as_tuple(resource_identifier))
        if only_if_exists and not self.files(target).has(path):
            return None
        return self.address(path, target)

    def clean_site(self) -> None:
        """Remove the site of every target."""
        if not self.config.is_folder:
            from plumbline.site.bucket import BucketSite

            for name in self.project.target_kinds():
                BucketSite(self.config.backend, name).remove()
            return
        folder = site_folder(self.config, self.project.root, "")
        if not folder.is_dir():
            return
        for entry in folder.iterdir():
            if entry.is_symlink():
                entry.unlink()
            elif entry.name.endswith(".versions"):
                shutil.rmtree(entry)


def open_sites(context: Any) -> Iterator[SiteBuilder]:
    """Plumbline's sites of a context, in the order of its configuration."""
    for name, config in (context.variables.data_docs_sites or {}).items():
        if config.get("module_name") == MODULE:
            yield context._init_site_builder_for_data_docs_site_creation(name, config)


class _GxPages:
    """GX's suites and results, for `plumbline.site.build`."""

    def __init__(self, context: Any, project: Project, target: Target, now: datetime) -> None:
        self._context = context
        self._project = project
        self._jobs = MonitorJobs(project=project, target=target, as_of=now)

    def suites(self) -> dict[str, str]:
        """By name, a hash of what its page shows; a suite that can't be built has no page."""
        found = {}
        for name in self._project.suite_names():
            try:
                raw = self._project.suite(name).raw
            except MonitorError:
                continue
            text = json.dumps(raw, sort_keys=True, default=str)
            found[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return found

    def suite(self, name: str) -> GxPage | None:
        """The page of a suite; None: it names what GX does not know."""
        from plumbline.gx.pages import suite_body

        try:
            read = self._project.suite(name)
            # its overrides may name groups of a personal column
            built = build_suite(masked_suite(read, self._jobs.mask(read)))
        except MonitorError:
            return None
        return GxPage(name, f"Suite of {name}", suite_body(built))

    def result(self, key: tuple[str, ...]) -> GxPage | None:
        """The page of a stored result; None: it is not stored any more."""
        from plumbline.gx.pages import result_body

        raw = _stored(self._context, key)
        if raw is None:
            return None
        loaded: Any = ExpectationSuiteValidationResultSchema().load(raw)
        result = ExpectationSuiteValidationResult(**loaded) if isinstance(loaded, dict) else loaded
        return GxPage(result.suite_name, f"Result of {result.suite_name}", result_body(result))


def _record(context: Any, key: tuple[str, ...]) -> Record | None:
    """What a stored result holds for the site."""
    raw = _stored(context, key)
    return None if raw is None else from_meta(raw.get("meta") or {}, result=key)


def _stored_records(context: Any) -> Iterator[Record]:
    """Of the newest stored results, oldest first."""
    keys = context.validation_results_store.list_keys()
    for key in sorted(keys, key=lambda key: str(key.run_id.run_time))[-MOST_STORED:]:
        record = _record(context, _as_tuple(key))
        if record is not None:
            yield record


def _stored(context: Any, key: tuple[str, ...]) -> Mapping[str, Any] | None:
    """A result as it lies in GX's store: its JSON, without the objects that GX makes of it."""
    try:
        read = json.loads(context.validation_results_store.store_backend.get(key))
    except Exception:  # noqa: BLE001 - a store of any kind: what can't be read is not there
        return None
    return read if isinstance(read, dict) else None


def _next_runs(project: Project, target: Target, now: datetime) -> dict[str, datetime]:
    """By checkpoint; none on the demo data, which no schedule judges."""
    if target.is_demo:
        return {}
    try:
        schedules = project.schedules
    except ConfigError:  # a run is not kept from its docs by it; lint says what is wrong
        return {}
    found: dict[str, datetime] = {}
    for schedule in schedules:
        due = next_due(schedule, now)
        found[schedule.checkpoint] = min(due, found.get(schedule.checkpoint, due))
    return found


def _as_tuple(key: ValidationResultIdentifier) -> tuple[str, ...]:
    return tuple(map(str, key.to_tuple()))  # type: ignore[no-untyped-call]
