"""Asks a service with clip-retrieval's own client: clip_client.py URL WRONG_URL IMAGE TEXT DIMENSION."""

import importlib.util
import json
import pathlib
import sys

# The package itself imports torch and faiss; its client stands alone.
source = next(p for p in (pathlib.Path(d) / "clip_retrieval" / "clip_client.py" for d in sys.path) if p.exists())
spec = importlib.util.spec_from_file_location("clip_client", source)
clip_client = importlib.util.module_from_spec(spec)
spec.loader.exec_module(clip_client)

url, wrong, image, text, dimension = sys.argv[1:]
vector = [1.0] + [0.0] * (int(dimension) - 1)
client = clip_client.ClipClient(url=url + "/knn-service", indice_name="lab", num_images=5)
captions = clip_client.ClipClient(url=url + "//knn-service", indice_name="lab", num_images=5, modality=clip_client.Modality.TEXT, deduplicate=False)
elsewhere = clip_client.ClipClient(url=url + "/knn-service", indice_name="nobody")
stranger = clip_client.ClipClient(url=wrong + "/knn-service", indice_name="lab")
print(json.dumps({
    "image": client.query(image=image),
    "text": captions.query(text=text),
    "vector": client.query(embedding_input=vector),
    "image_url": client.query(image="http://169.254.169.254/latest/meta-data/"),
    "wrong_index": elsewhere.query(text=text),
    "wrong_dimension": client.query(embedding_input=vector[:-1]),
    "wrong_key": stranger.query(text=text),
}))
