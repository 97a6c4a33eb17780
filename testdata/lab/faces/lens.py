"""What light and camera do to a photo, and JPEG."""

import cv2
import numpy as np

GREY = np.array([0.299, 0.587, 0.114], np.float32)


def expose(pixels: np.ndarray, rng: np.random.Generator, size: int) -> tuple[np.ndarray, bool]:
    """Applies light, contrast, grey, blur and noise; returns size x size RGB and whether it is grey."""
    image = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    image *= (rng.uniform(0.72, 1.18) * (1 + rng.normal(0, 0.045, 3))).astype(np.float32)
    mean = image.mean()
    image = (image - mean) * np.float32(rng.uniform(0.78, 1.15)) + np.float32(mean + rng.normal(0, 5))
    grey = bool(rng.random() < 0.06)
    if grey:
        image = np.repeat((image @ GREY)[..., None], 3, axis=2)
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.1))
    noise = rng.normal(0, rng.uniform(0, 5.5), image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), grey


def encode_jpeg(rgb: np.ndarray, quality: int) -> bytes:
    """Compresses an RGB image with 4:2:0 chroma and Huffman tables of its own: a sixth less of so small a file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, int(quality), cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], options)
    if not done:
        raise ValueError("OpenCV could not encode the photo as JPEG")
    return data.tobytes()


def decode_jpeg(data: bytes) -> np.ndarray:
    """Decodes a JPEG to an RGB image."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("not a JPEG that OpenCV can decode")
    return image[..., ::-1]
