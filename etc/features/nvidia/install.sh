#!/bin/sh
# NVIDIA's user-space driver for a container whose GPUs are handed in from the host. The kernel module is the host's, so the
# version must be the host's too.
# Inputs: NVIDIA_DRIVER_VERSION, NVIDIA_RUNFILE_URL.
set -eu
export DEBIAN_FRONTEND=noninteractive
: "${NVIDIA_DRIVER_VERSION:?nvidia needs NVIDIA_DRIVER_VERSION: set nvidia_driver_version}"
: "${NVIDIA_RUNFILE_URL:?nvidia needs NVIDIA_RUNFILE_URL: set nvidia_runfile_url}"

installed=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1) || installed=
if [ "$installed" != "$NVIDIA_DRIVER_VERSION" ]; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends ca-certificates curl kmod
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  curl -fsSL --retry 3 "$NVIDIA_RUNFILE_URL" -o "$folder/driver.run"
  sh "$folder/driver.run" --check
  sh "$folder/driver.run" --silent --no-kernel-modules --no-questions --ui=none --tmpdir "$folder"
fi
nvidia-smi
