"""``plumbline docs``: the data docs site of a target."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from plumbline.cli import docs_host
from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.completion import complete_monitors
from plumbline.cli.options import check_monitor, flag, option, switch, target_option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.progress import show_progress
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError
from plumbline.core.signals import ENDING

if TYPE_CHECKING:
    from pathlib import Path

    from plumbline.project import Project, Target
    from plumbline.project.sites import SiteConfig
    from plumbline.site.build import Built


def build(target: str | None, afresh: bool) -> int:
    """Update the site without a run.

    Reads the history in the warehouse and the project's files.
    """
    project, chosen, _ = _site(target)
    with show_progress() as progress:
        progress.step("loading Great Expectations")
        from plumbline.gx.context import load_context

        context = load_context(project)  # which checks first that there is the memory for it
        from plumbline.gx.site_builder import open_sites

        for site in open_sites(context):
            progress.step(f"building {site.config.name}")
            write_result(_describe(site.bring_up_to_date(target=chosen, afresh=afresh)))
    return 0


def open_site(target: str | None, monitor: str | None, show: bool) -> int:
    """Open the site in a browser and print its URL."""
    import webbrowser

    from plumbline.site import paths

    project, chosen, site = _site(target)
    if monitor is not None:
        from plumbline.history.last_statuses import read_last_statuses

        recorded = read_last_statuses(chosen.state_files)
        check_monitor(project, monitor, key="--monitor", recorded=recorded)
    page = paths.OVERVIEW if monitor is None else paths.monitor(monitor)
    if site.public:
        address = f"{site.public}/{chosen.name}/{page}"
    elif site.is_folder:
        address = (_folder(project, chosen, site) / page).as_uri()
    else:
        from plumbline.site.bucket import BucketSite

        address = BucketSite(site.backend, chosen.name).address(page)
    write_result(f"{address}\n")
    if show and not webbrowser.open(address):
        write_message("could not open a browser; open the URL above yourself")
    return 0


def serve(target: str | None, port: int) -> int:
    """Serve the site on this machine until Ctrl-C, SIGTERM or SIGHUP."""
    from plumbline.site.serving import open_server

    project, chosen, site = _site(target)
    if not site.is_folder:
        raise ConfigError(
            f"site {site.name!r} is not in a folder, so it can't be served from here",
            key="docs serve",
            fix="open it with `plumbline docs open`",
        )
    with open_server(_folder(project, chosen, site), port) as server:
        host, bound = server.server_address[:2]
        # Once the hint is printed, a signal is a regular end and not an interruption.
        before = {
            number: signal.signal(number, signal.default_int_handler)
            for number in ENDING
            if callable(signal.getsignal(number))
        }
        try:
            with suppress(KeyboardInterrupt):
                write_result(f"http://{host!s}:{bound}/index.html\n")
                write_message("serving on this machine only; stop with Ctrl-C")
                server.serve_forever()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return 0


def _site(target: str | None) -> tuple[Project, Target, SiteConfig]:
    """The first site of the project: most have one."""
    project = current_session().project()
    chosen = project.target(target)
    if not project.sites:
        raise ConfigError(
            "the project has no plumbline data docs site",
            file="great_expectations.yml",
            key="data_docs_sites",
            fix="add one with `class_name: SiteBuilder` and "
            "`module_name: plumbline.gx.site_builder`",
        )
    return project, chosen, project.sites[0]


def _folder(project: Project, target: Target, site: SiteConfig) -> Path:
    from plumbline.project.sites import site_folder

    folder = site_folder(site, project.root, target.name)
    if not (folder / "index.html").is_file():
        raise ConfigError(
            f"target {target.name!r} has no data docs yet",
            file=folder,
            fix=f"`plumbline run --target {target.name}` builds them, or `plumbline docs build`",
        )
    return folder


def _describe(built: Built) -> str:
    from plumbline.core.text import count
    from plumbline.report.wording import docs

    written, removed = len(built.written.written), len(built.written.removed)
    done = f"{count(written, 'files')} written, {built.written.unchanged} unchanged"
    if removed:
        done += f", {removed} removed"
    return "".join(f"{line}\n" for line in (docs(built.address), f"  {done}", *built.notes))


command = Group(
    name="docs",
    help=(
        "Build, open or serve the data docs site of a target.\n\n"
        "Runs update the site automatically."
    ),
    commands=[
        Command(
            name="build",
            callback=build,
            params=[
                target_option(),
                flag("--afresh", "Rebuild every page from the stored results and the history."),
            ],
            examples=(
                Example(
                    "plumbline docs build", "update the site after a change of suites or runbooks"
                ),
                Example("plumbline docs build --afresh", "rebuild a lost or damaged site"),
            ),
        ),
        Command(
            name="open",
            callback=open_site,
            params=[
                target_option(),
                option(
                    "--monitor",
                    "MONITOR",
                    "Open a monitor's page instead of the overview.",
                    shell_complete=complete_monitors,
                ),
                switch(
                    "--show/--no-show",
                    "Open a browser, or only print the URL. Default: open.",
                    default=True,
                ),
            ],
            examples=(
                Example("plumbline docs open", "open the overview"),
                Example(
                    "plumbline docs open --monitor line_coverage --no-show",
                    "print the URL of a monitor's page",
                ),
            ),
        ),
        Command(
            name="serve",
            callback=serve,
            params=[
                target_option(),
                click.Option(
                    ["--port"],
                    type=click.IntRange(0, 65535),
                    default=8080,
                    show_default=True,
                    help="Port on 127.0.0.1; 0 uses any free port.",
                ),
            ],
            examples=(
                Example("plumbline docs serve --port 8081", "serve on http://127.0.0.1:8081"),
            ),
            exit_codes={0: "stopped by Ctrl-C, SIGTERM or SIGHUP"},
            is_endless=True,
        ),
        docs_host.command,
    ],
    examples=(
        Example("plumbline docs open", "open the site"),
        Example("plumbline docs build", "update the site without a run"),
    ),
)
