"""The page that explains the statuses and the events of incidents, for readers without the docs."""

from __future__ import annotations

from plumbline.alerts.incidents.model import REASONS_NOT_SENT
from plumbline.core.alert_line import EVENT_MEANINGS
from plumbline.core.status import MEANINGS
from plumbline.site import paths
from plumbline.site.pages import frame
from plumbline.site.pages.runbook import render_sentences
from plumbline.site.view_models import SiteData


def render(data: SiteData) -> bytes:
    """``glossary.html``."""
    return frame.render(
        "glossary.html",
        data,
        paths.GLOSSARY,
        title="Glossary",
        statuses=MEANINGS,
        events={
            event: render_sentences(f"{meaning} It ends the incident." if event.is_end else meaning)
            for event, meaning in EVENT_MEANINGS.items()
        },
        reasons={reason.text: render_sentences(said) for reason, said in REASONS_NOT_SENT.items()},
    )
