"""Reports of a run: one module per format, each with ``render(report) -> str``."""
