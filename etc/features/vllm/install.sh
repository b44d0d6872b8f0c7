#!/bin/sh
# vLLM in a Python environment of its own, /opt/vllm. The guest's application script starts the server with its model.
set -eu
export DEBIAN_FRONTEND=noninteractive

version=0.10.2
if ! /opt/vllm/bin/python -c "import importlib.metadata as m, sys; sys.exit(m.version('vllm') != '$version')" 2>/dev/null; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends build-essential ca-certificates python3-dev python3-venv
  python3 -m venv /opt/vllm
  /opt/vllm/bin/pip install --quiet --upgrade pip
  /opt/vllm/bin/pip install --quiet "vllm==$version"
fi
/opt/vllm/bin/vllm --version
