"""What holds for all tests: Ctrl-C works, also where a shell has started them in the background."""

from __future__ import annotations

import signal

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
