#!/bin/sh
# Make the base image of docker/Containerfile from Debian's packages, where no image registry can be reached:
#   docker/make-base.sh            the image officesmart-base, from the machine's own package sources
#   MIRROR=URL docker/make-base.sh
# Needs root, mmdebstrap, and podman or docker. APT checks the signatures.
set -eu
suite=${SUITE:-bookworm}
image=${IMAGE:-officesmart-base}
engine=${ENGINE:-$(command -v podman || command -v docker)}
sources=${MIRROR:-$(ls /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mmdebstrap --variant=minbase --include=ca-certificates "$suite" "$folder/base.tar" "$sources"
"$engine" import "$folder/base.tar" "$image"
echo "Build with: --build-arg BASE=$image"
