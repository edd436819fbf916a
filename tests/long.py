"""Which tests are run: AUTODIFF_TESTS=all runs those too that take too long for every day."""

import os

ALL = os.environ.get("AUTODIFF_TESTS") == "all"
