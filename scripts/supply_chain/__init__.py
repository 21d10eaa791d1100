"""What the package depends on: a bill of materials, and known vulnerabilities."""
