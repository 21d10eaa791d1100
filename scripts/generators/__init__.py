"""Files of the repository that are made from its code: pages of the docs, schemas, manifests."""
