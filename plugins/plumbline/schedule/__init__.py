"""Schedules: due times, a scheduler for one machine, a watchdog, and export to other schedulers.

``due`` is the arithmetic; ``overview`` shows it; ``scheduler`` runs checkpoints as they fall due,
by ``executor`` (waits, and runs what is due), ``child`` (one run as a process) and ``last_runs``;
``export`` writes the same schedules for cron, systemd, Cloud Run and GitHub Actions.
"""
