"""Deployments: drift of each service, and checks before and after a deployment.

`gitlog` reads git, `deployed` reads the deployed commit, `drift` compares the two; `checks` runs
before a deployment, `verify` after one. Used by ``plumbline deploy``.
"""
