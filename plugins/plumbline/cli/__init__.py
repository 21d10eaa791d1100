"""The command line: one thin module per command.

Heavy modules are imported only when a command needs them, so that ``--help`` is instant.
"""
