"""Inhibition: a monitor is not notified by itself while a monitor that it builds on is.

As Alertmanager's inhibition, with one more rule: no incident vanishes. An incident that was never
notified is inhibited only where the message of another names it: one that goes out in this run, or
one that went out before and whose incident is still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from plumbline.alerts.incidents.lifecycle import Step
from plumbline.alerts.incidents.model import Incident, Kind
from plumbline.core.alert_line import Event

Key = tuple[str, Kind]


@dataclass(frozen=True)
class Node:
    """An open incident of a failing monitor."""

    incident: Incident
    step: Step | None = None
    """What this run made of it, where it saw it failing: only then can it be notified now."""
    is_silent: bool = False
    """Muted or not confirmed yet: it sends no message that could name another."""
    unrouted: bool = False
    """Whether there is no channel to notify of it: then its message can't name others."""

    @property
    def key(self) -> Key:
        """Monitor and kind: of each there is one open incident."""
        return (self.incident.monitor, self.incident.kind)

    @property
    def severity(self) -> int:
        return self.incident.status.severity


def inhibitors(
    nodes: Iterable[Node], depends_on: Mapping[str, Sequence[str]]
) -> dict[Key, Incident]:
    """By inhibited incident, the one whose message names it.

    Args:
        depends_on: by monitor of this run, those on which it builds.
    """
    there = list(nodes)
    by_key = {node.key: node for node in there}
    return _Search(by_key, {node.incident.id: node for node in there}, depends_on).run()


@dataclass
class _Search:
    """Depth first from child to parent.

    A parent under evaluation does not inhibit, so that of a cycle at least one is notified.
    """

    nodes: Mapping[Key, Node]
    by_id: Mapping[str, Node]
    depends_on: Mapping[str, Sequence[str]]
    found: dict[Key, Node | None] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)

    def run(self) -> dict[Key, Incident]:
        for node in sorted(self.nodes.values(), key=lambda node: (-node.severity, *node.key)):
            self._root(node)
        return {key: root.incident for key, root in self.found.items() if root is not None}

    def _root(self, node: Node) -> Node | None:
        """The node whose message names ``node``; None: its own message, or none."""
        if node.key not in self.found:
            self.asked.add(node.key)
            self.found[node.key] = self._search(node)
            self.asked.remove(node.key)
        return self.found[node.key]

    def _search(self, node: Node) -> Node | None:
        if node.is_silent:
            return None
        listed = self._listed(node)
        if node.step is None or listed is not None:
            return listed
        fit = [root for root in self._above(node) if self._can_name(root, node)]
        return min(fit, key=self._preference, default=None)

    def _listed(self, node: Node) -> Node | None:
        """The incident whose message has named it, while that one is open and as bad."""
        root = self._named_by(node)
        if root is None or root.severity < node.severity or self._is_circle(node):
            return None
        return root if self._still_depends(node, root.incident.monitor) else None

    def _still_depends(self, node: Node, monitor: str) -> bool:
        """Whether ``node`` builds on ``monitor``, as far as this run knows.

        A dependency that was taken out of the suite releases what it held back. What is not in
        this run may depend on anything.
        """
        if node.step is None:
            return True
        seen: set[str] = set()
        asked = list(node.step.outcome.depends_on)
        while asked:
            name = asked.pop()
            if name == monitor or name not in self.depends_on:
                return True
            if name not in seen:
                seen.add(name)
                asked += self.depends_on[name]
        return False

    def _named_by(self, node: Node) -> Node | None:
        by = node.incident.inhibited_by
        return self.by_id.get(by) if by is not None else None

    def _is_circle(self, node: Node) -> bool:
        """Whether the chain of names leads back to ``node``: then none would be notified."""
        seen = {node.incident.id}
        above = self._named_by(node)
        while above is not None and above.incident.id not in seen:
            seen.add(above.incident.id)
            above = self._named_by(above)
        return above is not None

    def _above(self, node: Node) -> list[Node]:
        """The incidents whose message could name ``node``: parents, or what names the parents."""
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

    def _can_name(self, root: Node, node: Node) -> bool:
        if root.key in self.asked or root.severity < node.severity:
            return False
        were_notified = (
            node.incident.notified_at is not None and root.incident.notified_at is not None
        )
        return were_notified or self._can_be_notified(root)

    def _can_be_notified(self, node: Node) -> bool:
        if node.step is None or node.is_silent or node.unrouted:
            return False
        return self._root(node) is None

    def _preference(self, node: Node) -> tuple[bool, int, Key]:
        """One that is notified anyway; then the worst; then by name."""
        notice = node.step.notice if node.step else None
        notifies_anyway = notice is not None and notice.event is not Event.FLAPPING
        return (not notifies_anyway, -node.severity, node.key)
