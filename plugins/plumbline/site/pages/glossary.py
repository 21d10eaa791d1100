"""The page that explains the statuses and the events of incidents, for readers without the docs."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from plumbline.alerts.incidents.model import REASONS_NOT_SENT
from plumbline.core.alert_line import EVENT_MEANINGS
from plumbline.core.status import MEANINGS
from plumbline.site import paths
from plumbline.site.pages import frame
from plumbline.site.view_models import SiteData


def render(data: SiteData) -> bytes:
    """``glossary.html``."""
    return frame.render(
        "glossary.html",
        data,
        paths.GLOSSARY,
        title="Glossary",
        statuses=MEANINGS,
        events={event: _with_code(meaning) for event, meaning in EVENT_MEANINGS.items()},
        reasons={reason.text: _with_code(said) for reason, said in REASONS_NOT_SENT.items()},
    )


def _with_code(markdown: str) -> Markup:
    return Markup(re.sub("`(.+?)`", r"<code>\1</code>", str(escape(markdown))))
