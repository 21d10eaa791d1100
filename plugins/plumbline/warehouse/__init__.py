"""The warehouse: access to BigQuery, its limits, and the embedded BigQuery.

Everything that reads or writes BigQuery goes through `client.open_client`; a run submits its
queries to `jobs.JobRunner`. Importing this package imports neither Google's client nor pandas.
"""
