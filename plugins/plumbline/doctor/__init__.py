"""What ``plumbline debug`` checks, and what ``plumbline smoke`` tries on BigQuery.

`checkup` has all checks in their order; each is a `diagnosis`. Used by the two commands.
"""
