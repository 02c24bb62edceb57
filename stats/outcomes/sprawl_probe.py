"""Run as a script: is the workbook on standard input small enough when its sheets are laid out?

Exit code 0 yes, 1 no (also by running out of memory, in any way), 3 no readable workbook (what it is, on standard
output). Imports nothing of ours, so that it starts quickly.
"""

from __future__ import annotations

import io
import sys
from contextlib import suppress

MEMORY_BYTES = 4 << 30
CPU_SECONDS = 100


def main(most_cells: int) -> int:
    with suppress(ImportError):  # Windows has no such bounds; the process still ends alone
        import resource

        for what, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS)):
            resource.setrlimit(what, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > most_cells:
                return 1
    except MemoryError:
        return 1
    except BaseException as error:  # noqa: BLE001 - a panic of native code is no Exception
        print(type(error).__name__)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
