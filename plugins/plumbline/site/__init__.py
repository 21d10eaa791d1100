"""The data docs site: plain values in, HTML pages out, and a folder that is never half a site.

    data = SiteData(...)                    # plumbline.site.data: filled by whoever reads
    pages = render_site(data)               # plumbline.site.pages: pure, no I/O
    missing = missing_pages(folder, pages)  # plumbline.site.writing
    if missing:                             # fill these months and incidents, and draw again
        ...
    written = write_site(folder, pages)     # atomic, and only what changed

What must be filled
- `SiteData`: one value for the whole site. ``built_at`` is shown on the overview only, so a build
  without news writes ``index.html`` and nothing else; leave it as it was to write nothing.
  ``next_build`` (and `MonitorView.next_run`) make a page say that it is stale: half an hour after
  that instant its script says so, by itself. None: no such promise (a replay, no schedule).
- `MonitorView.latest` is the last `Outcome`, `points` the last 90 days of it with the thresholds
  that were in force at each run (kept with the outcome, never today's), `groups` the same for each
  group. Bounded by days, so that a build costs the same however much is stored.
- `MonitorView.recent` are the runs of the months that are not paged yet; `months` names every
  older month within retention, newest first, with ``runs=None`` for those that are over and were
  drawn before. `render_site` then keeps their pages without reading or drawing them; a month that
  is no longer named loses its page. `SiteData.incidents` and `incident_months` work alike.
- `MonitorView.failing`: mark personal columns (``config.meta.personal`` in ``schema.yml``) with
  `Column.personal`; their values are masked in the template, whatever the rows hold.
- `MonitorView.sql`, `runbook` (Markdown; raw HTML in it is shown as text) and `suite` are texts.
  Everything is escaped here, nothing needs to be escaped before.
- `gx_page`, `gx_suite` and `SiteData.links`: paths, relative to the site, of GX's pages. Add those
  pages to `Pages.files` before `write_site` (or to ``kept``): what is in neither is removed. For
  one look, put a body through `plumbline.site.pages.frame.frame_page`; the pages' policy refuses
  inline scripts and styles and everything from the network.
- Nothing that is put in may be a secret or an absolute path of this machine: pages show it.

Cloud Storage: `plumbline.site.bucket` writes the same pages as objects, in an order that never
shows half a site. Uploads of single objects are atomic, the site as a whole is not.

Charts: small ones are inline SVG made here; large ones are drawn by uPlot 1.6.32 (MIT, vendored in
``static/uplot`` with its licence) from JSON in the page, with a table of the same numbers beside.
"""
