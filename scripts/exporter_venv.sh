#!/usr/bin/env bash
# Makes .cache/exporter-venv: PyTorch, open_clip and ONNX, for scripts/export_open_clip.py and the
# test that exports models and reads them again. Usage: scripts/exporter_venv.sh
#
# A second run finds everything in place and does nothing. Versions are pinned, wheels come by
# package name, and the environment is not visible under its name before it is whole: 1.6 GB, two
# minutes. The wheel of torch wants CUDA libraries, in whose place testdata/lab puts stubs (gcc and
# binutils are needed): the exporter runs on the CPU.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/venv.sh"

PACKAGES=(open-clip-torch==2.32.0 torch==2.7.1 torchvision==0.22.1 timm==1.0.31 onnx==1.19.1 onnxruntime==1.29.0
	onnx-ir==0.1.12 filelock==4.2.12 flatbuffers==25.12.19 fsspec==2026.9.0 ftfy==6.3.1 huggingface-hub==0.36.2 jinja2==3.1.6
	markupsafe==3.0.4 ml-dtypes==0.5.4 mpmath==1.3.0 networkx==3.6.1 numpy==1.26.4 packaging==26.3
	pillow==12.0.0 protobuf==7.36.2 pyyaml==6.0.4 regex==2026.11.19 requests==2.32.5 urllib3==2.8.0
	certifi==2026.10.19.post1 charset-normalizer==3.5.3 idna==3.20 safetensors==0.8.0 sympy==1.14.0
	tqdm==4.70.1 typing-extensions==4.16.0 wcwidth==0.9.4)

check() {
	"$venv/bin/python" -c 'import torch' 2>/dev/null || "$venv/bin/python" "$here/../testdata/lab/cuda_stubs.py"
	"$venv/bin/python" -c 'import open_clip, onnxruntime.quantization'
}
make_venv exporter-venv check --no-deps "${PACKAGES[@]}"
