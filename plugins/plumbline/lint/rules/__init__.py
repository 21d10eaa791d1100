"""The rules: one module per subject, with its ``RULES`` and ``check``."""
