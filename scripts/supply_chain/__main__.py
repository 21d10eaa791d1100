"""``python scripts/supply_chain sbom LOCK``, ``... audit LOCK ...`` and ``... dist FOLDER``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from supply_chain.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
