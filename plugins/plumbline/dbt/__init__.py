"""dbt: takes over the tests of a dbt project, and records the results of its runs."""
