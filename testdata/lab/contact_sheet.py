"""Draws a contact sheet of invented persons, ten photos each, to look at.

python contact_sheet.py OUT.png [first seed]
"""

import sys
import time

import cv2
import numpy as np

from faces.identity import invent
from faces.lens import decode_jpeg, encode_jpeg
from faces.photo import photograph


def main(out: str, first: int = 0, persons: int = 12, photos: int = 10, size: int = 80) -> None:
    """Writes the sheet and prints time and size a photo."""
    cv2.setNumThreads(1)
    rows, total, start = [], 0, time.perf_counter()
    for number in range(first, first + persons):
        person, row = invent(number), []
        for index in range(photos):
            image, _ = photograph(person, np.random.default_rng([number, index]), size)
            data = encode_jpeg(image, 80)
            total += len(data)
            row.append(decode_jpeg(data))
        rows.append(np.concatenate(row, axis=1))
    count = persons * photos
    print(f"{(time.perf_counter() - start) / count * 1e3:.1f} ms and {total / count:.0f} bytes a photo")
    cv2.imwrite(out, np.concatenate(rows)[..., ::-1])


if __name__ == "__main__":
    main(sys.argv[1], *(int(value) for value in sys.argv[2:]))
