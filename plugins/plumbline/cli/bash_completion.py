"""Completion in bash of words that hold a colon (``owner:ml-platform``).

bash splits a word at each colon before it asks, and replaces only the part behind the last one.
Used by `plumbline.cli.completion`.
"""

from __future__ import annotations

from click.shell_completion import BashComplete, CompletionItem


class Bash(BashComplete):
    """As click's, with the parts of a word put together again."""

    _kept = ""
    """What bash keeps of the word that it completes: up to its last colon."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor's, and the cursor's."""
        before, incomplete = super().get_completion_args()
        words: list[str] = []
        is_open = False
        for part in (*before, incomplete):
            if words and (part == ":" or (is_open and part)):
                words[-1] += part
            else:
                words.append(part)
            is_open = part == ":"
        *before, whole = words
        if whole != incomplete:
            self._kept = whole[: whole.rindex(":") + 1]
        return before, whole

    def format_completion(self, item: CompletionItem) -> str:
        """The type, and the part that bash replaces."""
        return f"{item.type},{item.value.removeprefix(self._kept)}"
