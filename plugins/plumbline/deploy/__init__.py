"""Before, after and between deployments: what each service runs, and whether it is well.

`gitlog` asks git, `deployed` asks what is deployed, `drift` compares the two; `checks` looks before
a deployment, `verify` after one. Used by ``plumbline deploy``.
"""
