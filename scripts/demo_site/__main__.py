"""``python scripts/demo_site``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo_site.cli import main

if __name__ == "__main__":
    sys.exit(main())
