"""What the tests of the solvers share."""

from __future__ import annotations

from .models import children as children
