"""Cells: the only thing that touches the data.

One Ibis expression, one scan: rows grouped by the keys (site x period x arm x segment), and per metric counts and
centred moments (``stats/cells/scan.py``). Everything after is small arrays (``stats/cells/moments.py``). Worst-tail
means (``tails.py``), half-hour shares (``passes.py``) and survival (``survival.py``) need a second pass over their own
columns.
"""

from stats.cells.moments import CellMoments, Cells
from stats.cells.request import MetricRequest
from stats.cells.scan import read_cells

__all__ = ["CellMoments", "Cells", "MetricRequest", "read_cells"]
