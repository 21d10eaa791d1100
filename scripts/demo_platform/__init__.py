"""The platform of the demo season: the services' repository and a stand-in for Cloud Run.

`make demo-platform` runs ``start``. With it, `plumbline deploy drift`, `check` and `verify` show
the day of the demo season on which phase 4 ran 598 commits behind.
"""
