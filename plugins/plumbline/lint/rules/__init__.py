"""The rules, a module for each thing that they look at: its ``RULES``, and ``check``."""
