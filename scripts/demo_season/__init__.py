"""The demo season: a believable world of NBA predictions, with the incidents that really happened.

The embedded warehouse is filled with it once (see ``README.md`` beside this file).
"""
