"""Runs img2dataset on a list of URLs of a server of its own, once for each output format.

    download.py FOLDER      (makes FOLDER/files, FOLDER/webdataset and FOLDER/parquet)

Every fourth URL works not: it is not there, is no image, is an image cut off, or is empty.
FOLDER/expected.json says of each URL, in order, whether it is an image.
"""

import http.server
import json
import os
import sys
import threading

import cv2
import numpy as np
import pandas as pd
from img2dataset import download

COUNT = 24
BAD = ["missing", "text", "cut", "empty"]


def image(n):
    """A JPEG of a size and colour of its own."""
    pixels = np.full((40 + n, 60 + n, 3), (n * 10 % 256, 128, 255 - n * 10 % 256), np.uint8)
    cv2.circle(pixels, (20 + n, 20), 12, (255, 255, 255), -1)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def answer(path):
    kind, n = path.strip("/").split("/")
    content = image(int(n))
    return {"image": content, "missing": None, "text": b"<html>gone</html>", "cut": content[: len(content) // 8], "empty": b""}[kind]


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = answer(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


def main(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kinds = [BAD[n // 4 % 4] if n % 4 == 3 else "image" for n in range(COUNT)]
    rows = [{"url": f"http://127.0.0.1:{server.server_port}/{kind}/{n}", "caption": f"caption {n}, été", "score": n / 8} for n, kind in enumerate(kinds)]
    listed = os.path.join(folder, "urls.parquet")
    pd.DataFrame(rows).to_parquet(listed)
    for output in ("files", "webdataset", "parquet"):
        download(url_list=listed, output_folder=os.path.join(folder, output), output_format=output, input_format="parquet", url_col="url", caption_col="caption",
                 save_additional_columns=["score"], number_sample_per_shard=10, processes_count=1, thread_count=4, resize_mode="no", timeout=10, enable_wandb=False, compute_hash="sha256")
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as f:
        json.dump([kind for kind in kinds], f)


if __name__ == "__main__":
    main(sys.argv[1])
