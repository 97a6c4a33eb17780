"""Makes the images of this folder and, with Pillow, what preprocessing gives.

    pip install pillow==12.3.0
    python make.py

expected.json holds, for each image and each spec below, the SHA-256 of the RGB
bytes. Pillow 13 is not used: it resizes some tall images vertically first.
"""

import hashlib
import io
import json
import pathlib
import random
import struct
import zlib

from PIL import Image

HERE = pathlib.Path(__file__).parent
RANDOM = random.Random(20)
# size, resize, crop, whether RGB comes first
SPECS = [
    (32, "shortest", "center", False),
    (32, "shortest", "center-hf", True),
    (37, "shortest", "center-floor", True),
    (30, "squash", "none", False),
]


def texture(mode, size):
    """A picture with edges and slopes in every channel."""
    small = Image.new(mode, (6, 5))
    bands = len(small.getbands())
    pick = lambda: RANDOM.choice([0, 255, RANDOM.randrange(256)])
    small.putdata([tuple(pick() for _ in range(bands)) if bands > 1 else pick() for _ in range(30)])
    return small.resize(size, Image.Resampling.BICUBIC)


def encode(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def png(width, height, depth, kind, samples, extra=b""):
    """A PNG of a kind that Pillow does not write, from random samples."""
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    row = (width * samples * depth + 7) // 8
    pixels = b"".join(b"\0" + RANDOM.randbytes(row) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def bmp(width, height, depth, compression, masks=b"", header=40):
    """A bitmap of a kind that Pillow does not write, from random samples."""
    row = (width * depth + 31) // 32 * 4
    pixels = RANDOM.randbytes(row * abs(height))
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, depth, compression, 0, 0, 0, 0, 0) + masks
    info = info.ljust(max(header, len(info)), b"\0")
    return b"BM" + struct.pack("<IHHI", 14 + len(info) + len(pixels), 0, 0, 14 + len(info)) + info + pixels


def moved(gif, screen, left, top):
    """The GIF with another canvas and its first frame somewhere else on it."""
    out = bytearray(gif)
    out[6:10] = struct.pack("<HH", *screen)
    frame = out.index(b",\0\0\0\0", 13 + (3 << (out[10] & 7) + 1))
    out[frame + 1 : frame + 5] = struct.pack("<HH", left, top)
    return bytes(out)


def images():
    rgb, wide, rgba = texture("RGB", (41, 33)), texture("RGB", (70, 19)), texture("RGBA", (33, 40))
    gray, few = rgb.convert("L"), rgb.quantize(9)
    for name, sampling in {"444": 0, "422": 1, "420": 2}.items():
        yield f"jpeg{name}.jpg", encode(wide, format="JPEG", quality=85, subsampling=sampling)
    yield "jpeg_progressive.jpg", encode(rgb, format="JPEG", progressive=True)
    yield "jpeg_cmyk.jpg", encode(rgb.convert("CMYK"), format="JPEG")
    yield "jpeg411.jpg", encode(rgb, format="JPEG", subsampling="4:1:1")
    yield "jpeg_rgb.jpg", encode(rgb, format="JPEG", keep_rgb=True)
    yield "jpeg_narrow.jpg", encode(texture("RGB", (3, 90)), format="JPEG")
    yield "png_gray.png", encode(gray, format="PNG", transparency=7)
    yield "png_rgb_transparent.png", encode(rgb, format="PNG", transparency=rgb.getpixel((0, 0)))
    yield "png_rgba.png", encode(rgba, format="PNG")
    yield "png_la.png", encode(rgba.convert("LA"), format="PNG")
    yield "png_palette_alpha.png", encode(few, format="PNG", transparency=bytes([0, 128, 255]))
    yield "png_bits.png", encode(rgb.convert("1"), format="PNG", transparency=0)
    for name, (depth, kind, samples) in {
        "gray2": (2, 0, 1), "gray4": (4, 0, 1), "gray16": (16, 0, 1), "rgb16": (16, 2, 3), "la16": (16, 4, 2), "rgba16": (16, 6, 4),
    }.items():
        yield f"png_{name}.png", png(23, 37, depth, kind, samples)
    dark = Image.new("I;16", (25, 31))
    dark.putdata([RANDOM.randrange(400) for _ in range(25 * 31)])
    yield "png_gray16_dark.png", encode(dark, format="PNG")
    palette = struct.pack(">I", 6) + b"PLTE" + bytes([9, 200, 30, 90, 5, 255])
    yield "png_palette_short.png", png(21, 17, 4, 3, 1, palette + struct.pack(">I", zlib.crc32(palette[4:])))
    yield "gif_interlaced.gif", encode(few, format="GIF", interlace=1)
    yield "gif_transparent.gif", moved(encode(few, format="GIF", transparency=2), (60, 50), 7, 11)
    yield "gif_sticks_out.gif", moved(encode(few, format="GIF"), (43, 36), 9, 8)
    yield "gif_gray.gif", encode(gray, format="GIF")
    yield "gif_animated.gif", encode(few, format="GIF", save_all=True, append_images=[few.rotate(180)])
    for name, image in {"rgb": rgb, "rgba": rgba}.items():
        for quality in (5, 80):
            yield f"webp_{name}_{quality}.webp", encode(image, format="WEBP", quality=quality, alpha_quality=60)
        yield f"webp_{name}_lossless.webp", encode(image, format="WEBP", lossless=True)
        yield f"webp_{name}_animated.webp", encode(image, format="WEBP", save_all=True, append_images=[image.rotate(180)])
    yield "webp_profile.webp", encode(texture("RGB", (1, 2)), format="WEBP", icc_profile=b"odd")
    for mode, image in {"rgb": rgb, "gray": gray, "palette": few, "bits": rgb.convert("1")}.items():
        yield f"bmp_{mode}.bmp", encode(image, format="BMP")
    yield "bmp_15.bmp", bmp(21, 30, 16, 0)
    yield "bmp_16_down.bmp", bmp(21, -30, 16, 3, struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    yield "bmp_32.bmp", bmp(21, 30, 32, 0)
    yield "bmp_32_alpha.bmp", bmp(21, 30, 32, 3, struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=124)


def preprocess(image, size, resize, crop, first):
    """What torchvision, transformers and Immich do, written with Pillow."""
    if first:
        image = image.convert("RGB")
    width, height = image.size
    if resize == "squash":
        target = size, size
    elif crop == "center-floor":
        target = (size, int(height / width * size)) if width < height else (int(width / height * size), size)
    else:
        target = (size, int(size * height / width)) if width <= height else (int(size * width / height), size)
    image = image.resize(target, Image.Resampling.BICUBIC)
    start = {
        "center": lambda d: int(round(d / 2.0)), "center-hf": lambda d: d // 2,
        "center-floor": lambda d: int(d / 2), "none": lambda d: 0,
    }[crop]
    left, top = start(target[0] - size), start(target[1] - size)
    return image.crop((left, top, left + size, top + size)).convert("RGB")


expected = {}
for name, data in images():
    (HERE / name).write_bytes(data)
    digests = []
    for spec in SPECS:
        image = Image.open(io.BytesIO(data))
        image.load()
        digests.append(hashlib.sha256(preprocess(image, *spec).tobytes()).hexdigest())
    expected[name] = digests
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
