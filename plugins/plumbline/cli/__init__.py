"""The command line: a thin file a command, over the rooms that do the work.

Nothing heavy is imported until a command needs it, so that ``--help`` is instant.
"""
