"""What all pages share: the templates' environment, its filters, and the frame around a page.

Autoescape is on for everything: a text from data is text. ``Markup`` is made here and in
`plumbline.site.pages.runbook` only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from plumbline.core.folding import GLUE, glued
from plumbline.core.instants import last_day
from plumbline.core.masking import PREFIX
from plumbline.core.safe_text import visible
from plumbline.core.status import IMPACT_OF_ERROR
from plumbline.core.text import NOTHING, amount, count, duration, fraction, size, span
from plumbline.report.wording import SYMBOLS
from plumbline.site import paths
from plumbline.site.pages.layout import static_path
from plumbline.site.rows import Row, RunRow
from plumbline.site.view_models import DayView, MonitorView, SiteData

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Scripts and styles are files of the site's own; nothing inline runs, nothing is fetched."""

SHOWN_GROUPS = 20
"""Groups in a table, and charts of groups, that are not folded."""

_MOST_CHARACTERS = 300

_DATE = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
"""A browser ends lines at its hyphens."""

SHORT_NAME = 24
"""Characters of the longest name that stays on one line."""


@cache
def environment() -> Environment:
    """Jinja's environment: the package's templates, autoescape, no undefined names."""
    found = Environment(
        loader=PackageLoader("plumbline.site"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # else each page looks for changes of each template's file
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        amount=amount,
        cell=cell,
        counted=count,
        day=day,
        is_pseudonym=is_pseudonym,
        lasting=span,
        named=named,
        parted=parted,
        said_of_day=said_of_day,
        seconds=duration,
        size=size,
        symbol=symbol,
        tight=tight,
    )
    found.globals.update(
        csp=CONTENT_SECURITY_POLICY,
        fraction=fraction,
        impact_of_error=IMPACT_OF_ERROR,
        nothing=NOTHING,
        run_row=run_row,
        short_name=SHORT_NAME,
    )
    return found


def render(
    template: str,
    data: SiteData,
    path: str,
    *,
    title: str,
    due: datetime | None = None,
    shown_until: datetime | None = None,
    **values: Any,
) -> bytes:
    """A page from a template that extends ``base.html``.

    Args:
        path: the page's own, from which its links lead.
        title: of the page; the site's is added.
        due: when the page should have been replaced by a newer one; None: never, or unknown.
        shown_until: the instant up to which the page knows.
    """

    def when(instant: datetime) -> Markup:
        return _time(instant, data, ends_day=True)

    def clock(instant: datetime) -> Markup:
        return _time(instant, data, ends_day=False)

    def short(instant: datetime, *, clock: bool = False) -> Markup:
        """``26 Jan`` for the end of a day, unless ``clock``; ``26 Jan, 06:00``."""
        return _short(
            instant.astimezone(data.zone), data.built_at.astimezone(data.zone).year, clock
        )

    def monitor(name: str) -> Markup:
        """Its name, as a link where it has a page; a long one may stand on several lines."""
        shown = parted(name) if len(name) > SHORT_NAME else escape(name)
        if name not in monitors:
            return shown
        return Markup('<a href="{}">{}</a>').format(href(paths.monitor(name)), shown)

    monitors = {view.name for view in (*data.monitors, *data.after_deployments)}

    def href(to: str) -> str:
        return paths.relative(path, to)

    def static(name: str) -> str:
        return href(static_path(name))

    text = (
        environment()
        .get_template(template)
        .render(
            data=data,
            path=path,
            title=title,
            due=due,
            shown_until=shown_until,
            when=when,
            clock=clock,
            short=short,
            monitor=monitor,
            href=href,
            static=static,
            paths=paths,
            **values,
        )
    )
    # JSON can name half a character, and suites are JSON; no page is lost over one.
    return visible(text).encode(errors="replace")


def frame_page(data: SiteData, path: str, *, monitor: str, title: str, body: Markup) -> bytes:
    """A page of another builder (GX's suites and results) in the site's frame.

    Args:
        body: HTML that the caller has escaped; what is inline in it (scripts, styles) does not run.
    """
    return render("framed.html", data, path, title=title, of=monitor, body=body)


def known_until(view: MonitorView) -> datetime | None:
    """The last instant that a monitor's page knows of."""
    return view.latest.as_of if view.latest else None


def symbol(status: str | None) -> str:
    """The sign of a status, so that colour is never alone."""
    return "·" if status is None else SYMBOLS[status]


def day(value: date) -> str:
    """``2 Feb 2026``."""
    return f"{value.day} {value:%b %Y}"


def said_of_day(view: DayView) -> str:
    """``2 Feb 2026: health_check CRITICAL, score 60; hourly OK, score 100``."""
    return f"{day(view.day)}: " + ("; ".join(map(_said_of_run, view.runs)) or "no run")


def _said_of_run(run: RunRow) -> str:
    scored = "" if run.score is None else f", score {run.score}"
    return f"{run.checkpoint} {run.status}{scored}{f', {run.note}' if run.note else ''}"


def cell(value: object) -> str:
    """A value of a row; a very long one is cut."""
    if value is None:
        return "NULL"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def is_pseudonym(value: object) -> bool:
    """Whether a value of a personal column was masked before it came here, as it should be."""
    return isinstance(value, str) and value.startswith(PREFIX)


def run_row(
    run: Row,
    when: Callable[[datetime], Markup],
    href: Callable[[str], str],
    gx_results: Mapping[tuple[str, ...], str],
) -> Markup:
    """A row of a table of runs, with a link to GX's page of its result, where there is one.

    Not a template: pages hold hundreds, at each build, and this takes a quarter of the time.
    """
    status = run.status.value
    is_judged = status not in ("ERROR", "SKIPPED")
    billed = NOTHING if run.bytes_billed is None else size(run.bytes_billed)
    page, gx_page = NOTHING, gx_results.get(run.result) if run.result else None
    if gx_page:
        page = (
            f'<a href="{escape(href(gx_page))}">result<span class="unseen"> of '
            f"{escape(run.run_id)}</span></a>"
        )
    return Markup(
        f'<tr><th scope="row">{when(run.at)}</th>'
        f'<td><span class="status {status.lower()}"><span aria-hidden="true">{symbol(status)}'
        f"</span> {status}</span></td>"
        f'<td class="number">{escape(amount(run.observed, run.unit)) if is_judged else NOTHING}'
        f'</td><td class="bounds">{tight(run.thresholds)}</td>'
        f'<td class="words">{tight(run.summary)}</td>'
        f'<td class="number">{escape(duration(run.seconds))}</td>'
        f'<td class="number">{escape(billed)}</td>'
        f'<td class="code">{escape(run.revision or NOTHING)}</td><td>{page}</td></tr>'
    )


@lru_cache(maxsize=4096)
def tight(text: str) -> Markup:
    """``text``, of which a threshold, a number with its unit, an instant and a date stay on one
    line, as in a terminal."""
    kept = str(escape(glued(text).replace(GLUE, "\N{NO-BREAK SPACE}")))
    return Markup(_DATE.sub(r'<span class="keep">\g<0></span>', kept))


def parted(name: str) -> Markup:
    """``name``, of which a line may end after an underscore or a dot, before it ends within a
    word; copied, it is as it was."""
    return Markup("<wbr>").join(re.findall(r"[^_.]*[_.]+|[^_.]+", name))


def named(label: str) -> str:
    """The name of a group, which quotes show where it is empty."""
    return label if label.strip() else repr(label)


def _time(instant: datetime, data: SiteData, *, ends_day: bool) -> Markup:
    """In the site's zone. A run at midnight judged the day that ended, as reports say it."""
    return _said(instant.astimezone(data.zone), ends_day)


@lru_cache(maxsize=4096)
def _short(local: datetime, this_year: int, clock: bool) -> Markup:
    ends_day = not clock and local.time() == time()
    on = last_day(local) if ends_day else local.date()
    text = f"{on.day} {on:%b}" + ("" if on.year == this_year else f" {on.year}")
    if not ends_day:
        text += f", {local:%H:%M}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        local.isoformat(),
        f"{'end of ' if ends_day else ''}{day(on)}" + ("" if ends_day else f", {local:%H:%M %Z}"),
        text,
    )


@lru_cache(maxsize=4096)
def _said(local: datetime, ends_day: bool) -> Markup:
    """Cached, because each instant is on many pages."""
    if ends_day and local.time() == time():
        text = f"end of {day(last_day(local))}"
    else:
        text = f"{day(local)}, {local:%H:%M %Z}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), text)
