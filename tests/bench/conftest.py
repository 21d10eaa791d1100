"""Fixtures of the benchmark's tests."""

from __future__ import annotations

from support.season import season, season_state_dir

__all__ = ["season", "season_state_dir"]
