"""One pilot as a file that proves itself: everything promised, seen and decided, with a signed list of its contents."""

from experiments.archive.bring import Imported, import_pilot
from experiments.archive.pack import Exported, export_pilot

__all__ = ["Exported", "Imported", "export_pilot", "import_pilot"]
