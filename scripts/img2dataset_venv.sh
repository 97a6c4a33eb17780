#!/usr/bin/env bash
# Makes .cache/img2dataset-venv: img2dataset as it is published, for the test that has it download
# images from a server of ours and reads what it wrote. Usage: scripts/img2dataset_venv.sh
#
# A second run finds everything in place and does nothing. Versions are pinned, wheels come by
# package name, and the environment is not visible under its name before it is whole: 620 MB, a
# minute.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/venv.sh"

PACKAGES=(img2dataset==1.47.0 albucore==0.0.23 albumentations==1.4.24 annotated-types==0.8.0
	braceexpand==0.1.7 certifi==2026.10.19.post1 charset-normalizer==3.5.3 click==8.5.1 cwevals==0.0.1b1
	ExifRead-nocycle==3.0.1 fire==0.6.0 fsspec==2026.9.0 GitPython==3.2.1
	googleapis-common-protos==1.76.0 idna==3.20 numpy==1.26.4 opencv-python-headless==4.11.0.86
	opentelemetry-api==1.45.2 opentelemetry-exporter-http-transport==0.66b2
	opentelemetry-exporter-otlp-common==0.66b2 opentelemetry-exporter-otlp-proto-common==1.45.2
	opentelemetry-exporter-otlp-proto-http==1.45.2 opentelemetry-proto==1.45.2 opentelemetry-sdk==1.45.2
	opentelemetry-semantic-conventions==0.66b2 packaging==26.4 pandas==2.3.3 platformdirs==4.14.8
	protobuf==7.36.2 pyarrow==15.0.2 pydantic==2.14.4 pydantic_core==2.50.5 python-dateutil==4.0.0
	pytz==2026.6 PyYAML==6.0.4 requests==2.34.2 scipy==1.17.1 sentry-sdk==2.75.0 simsimd==6.5.16
	six==1.17.0 stringzilla==5.3.2 termcolor==3.3.0 tqdm==4.70.1 typing-inspection==0.4.5
	typing_extensions==4.16.0 tzdata==2026.6 urllib3==2.8.0 wandb==0.31.0 webdataset==0.2.111
	xxhash==4.1.0)

check() { NO_ALBUMENTATIONS_UPDATE=1 "$venv/bin/python" -c 'import img2dataset'; }
make_venv img2dataset-venv check --no-deps "${PACKAGES[@]}"
