"""Checked file + data -> `Problem`: arrays that layers name, dead inputs, connections, weights of classes.

The last room that may find fault with what a user wrote.
"""

from bdnnc.posing.pose import pose

__all__ = ["pose"]
