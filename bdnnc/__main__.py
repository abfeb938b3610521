"""``python -m bdnnc``."""

import sys

from bdnnc.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
