"""The data docs site: static pages that need no server and no network.

    records            what a run leaves for the site, in the meta of GX's stored results
    sync               what the history in the warehouse adds: incidents, other machines' runs
    history_cache      what the site keeps of both, in one file; past months go to archives
    days               a day's runs, and what each changed
    expectations       what came of each expectation, a letter a day
    incident_timeline  an incident's rows as the timeline of its page
    assemble           the cache and the project's files as the values that pages show
    view_models        those values
    pages              the values as HTML, without I/O; `charts` draws the small charts
    build              all of this in order, once a run
    writing            into a folder: all or nothing, and only what changed
    bucket             into Cloud Storage, in an order that never shows half a site

Used by `plumbline.gx.site_builder`, which is GX's way in, and by ``plumbline docs``.

A page shows nothing that was not escaped, and holds no secret and no path of this machine. Its
policy refuses inline scripts and styles and everything from the network. Small charts are inline
SVG; large ones are drawn by uPlot 1.6.32 (MIT, vendored in ``static/uplot`` with its licence) from
JSON in the page and a script a month beside it: a page from a folder can load nothing else.
"""
