"""The same schedules as files for other schedulers: one module a format.

Each gives `ExportFile` objects, the same bytes each time; what a scheduler can't say is refused,
never written as something near it.
"""
