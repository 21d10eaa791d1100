"""Reports of a run: one module a format, each with ``render(report) -> str``."""
