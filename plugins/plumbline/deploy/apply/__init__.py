"""Deploys plumbline itself to Google Cloud as deploy/deploy.yml declares; see docs/deploy.md.

`declaration` reads what is declared, `manifests` writes it as files, `prerequisites` and `jobs`
make Google Cloud so, `secrets` fills the secrets, and `chain` runs a job once and looks at every
link from its trigger to its revision.
"""
