# pyright: reportUnknownMemberType=false
"""HiGHS that prints nothing unless asked."""

from __future__ import annotations

import highspy


class QuietHighs(highspy.Highs):
    """HiGHS without its banner, which the constructor prints to standard output before any option can be set."""

    def enableCallbacks(self) -> None:  # noqa: N802 (HiGHS's name)
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()
