"""Fixtures of the tests that run the real dbt."""

from __future__ import annotations

from support.warehouse import shared_state_dir

__all__ = ["shared_state_dir"]
