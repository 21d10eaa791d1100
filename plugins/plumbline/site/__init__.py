"""The data docs site: plain values in, HTML pages out."""
