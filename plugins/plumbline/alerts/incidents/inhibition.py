"""Who speaks for whom: a monitor is not told by itself while what it builds on is told.

As Alertmanager's inhibition, with one more rule: nobody vanishes. A monitor of which nobody was
told is held back only where another's message names it: one that goes out in this run, or one that
went out before and whose incident is still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from plumbline.alerts.incidents.lifecycle import Step
from plumbline.alerts.incidents.model import Event, Incident, Kind
from plumbline.core.severity import SEVERITY

Key = tuple[str, Kind]


@dataclass(frozen=True)
class Node:
    """An open incident of a monitor that is not well."""

    incident: Incident
    step: Step | None = None
    """What this run saw of it, where it saw it wrong: only then can it be told now."""
    muted: bool = False

    @property
    def key(self) -> Key:
        """Monitor and kind: of each there is one open incident."""
        return (self.incident.monitor, self.incident.kind)

    @property
    def severity(self) -> int:
        """How bad it is now."""
        return SEVERITY[self.incident.status]


def inhibitors(nodes: Iterable[Node]) -> dict[Key, Incident]:
    """By incident that is to be held back, the one in whose message it is said."""
    there = list(nodes)
    by_key = {node.key: node for node in there}
    return _Search(by_key, {node.incident.id: node for node in there}).run()


@dataclass
class _Search:
    """Depth first from child to parent.

    A parent that is being asked itself does not inhibit, so of a circle at least one speaks.
    """

    nodes: Mapping[Key, Node]
    by_id: Mapping[str, Node]
    found: dict[Key, Node | None] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)

    def run(self) -> dict[Key, Incident]:
        for node in sorted(self.nodes.values(), key=lambda node: (-node.severity, *node.key)):
            self._root(node)
        return {key: root.incident for key, root in self.found.items() if root is not None}

    def _root(self, node: Node) -> Node | None:
        """In whose message ``node`` is said; None: in its own, or in nobody's."""
        if node.key not in self.found:
            self.asked.add(node.key)
            self.found[node.key] = self._search(node)
            self.asked.remove(node.key)
        return self.found[node.key]

    def _search(self, node: Node) -> Node | None:
        if node.muted:
            return None
        listed = self._listed(node)
        if node.step is None or listed is not None:
            return listed
        fit = [root for root in self._above(node) if self._speaks_for(root, node)]
        return min(fit, key=self._preference, default=None)

    def _listed(self, node: Node) -> Node | None:
        """The incident whose message has named it, while that one is open and as bad."""
        root = self._named_by(node)
        if root is None or root.severity < node.severity or self._is_circle(node):
            return None
        return root

    def _named_by(self, node: Node) -> Node | None:
        by = node.incident.inhibited_by
        return self.by_id.get(by) if by is not None else None

    def _is_circle(self, node: Node) -> bool:
        """Whether who named it was named by others, in the end by itself: then nobody speaks."""
        seen = {node.incident.id}
        above = self._named_by(node)
        while above is not None and above.incident.id not in seen:
            seen.add(above.incident.id)
            above = self._named_by(above)
        return above is not None

    def _above(self, node: Node) -> list[Node]:
        """The incidents that could speak for ``node``: its parents', or who speaks for them."""
        assert node.step is not None
        above = []
        for monitor in node.step.outcome.depends_on:
            for kind in ("data", "error"):
                parent = self.nodes.get((monitor, kind))
                if parent is None or parent.severity < node.severity or parent.key in self.asked:
                    continue
                root = self._root(parent) or parent
                if root.incident.monitor != node.incident.monitor:
                    above.append(root)
        return above

    def _speaks_for(self, root: Node, node: Node) -> bool:
        if root.key in self.asked or root.severity < node.severity:
            return False
        was_told = node.incident.said_at is not None and root.incident.said_at is not None
        return was_told or self._can_speak(root)

    def _can_speak(self, node: Node) -> bool:
        return node.step is not None and not node.muted and self._root(node) is None

    def _preference(self, node: Node) -> tuple[bool, int, Key]:
        """One that speaks anyway; then the worst; then by name."""
        word = node.step.word if node.step else None
        speaks_anyway = word is not None and word.event is not Event.FLAPPING
        return (not speaks_anyway, -node.severity, node.key)
