#!/bin/sh
# Prints the install.sh of a release: `installer.sh ADDRESS FOLDER`, where ADDRESS is that of its archives up to `-linux-ARCH.tar.gz`, and FOLDER
# holds them. It knows then what it fetches.
set -eu

address=$1
name=$(basename "$address")
sum() { sha256sum <"$1" | cut -d ' ' -f 1; }
x64=$(sum "$2/$name-linux-x64.tar.gz")
arm64=$(sum "$2/$name-linux-arm64.tar.gz")
sed -e "s|^release=\$|release=$address|" -e "s|^sha256_x64=\$|sha256_x64=$x64|" -e "s|^sha256_arm64=\$|sha256_arm64=$arm64|" \
  "$(dirname "$0")/../../deploy/install.sh"
