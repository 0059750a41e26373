# SPDX-License-Identifier: Apache-2.0
"""`python -m lite.cli` is `lite`."""

from lite.cli import main

if __name__ == "__main__":
    main()
