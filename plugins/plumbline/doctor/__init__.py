"""What ``plumbline debug`` checks: credentials, tables, channels, watchdog."""
