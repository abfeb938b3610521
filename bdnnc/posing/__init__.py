"""Checked file + data -> `Problem`: masks and fixed weights are read, dead inputs fixed, class weights worked out.

The last room that may find fault with what a user wrote.
"""

from bdnnc.posing.pose import pose

__all__ = ["pose"]
