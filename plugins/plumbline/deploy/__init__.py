"""Deployments of services, and of plumbline itself on Google Cloud.

Services (deploy/services.yml): `gitlog` reads git, `deployed` reads the deployed commit, `drift`
compares the two, `check` runs before a deployment and `verify` after one. plumbline itself: `apply`
makes Google Cloud as deploy/deploy.yml declares, `docs_hosting` shows the data docs behind a login;
both run `gcloud` in `steps`. Used by ``plumbline deploy`` and ``plumbline docs host``.
"""
