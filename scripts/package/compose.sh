#!/bin/sh
# Prints deploy/compose.yml for a release: `compose.sh IMAGE`. Every image is named with its digest of this moment, so that what runs later is
# what was there when it was released, and none is built.
set -eu

digest() { docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}'; }

phoenix=$1@$(digest "$1")
file=$(dirname "$0")/../../deploy/compose.yml
redis=$(sed -n 's/^ *image: \(redis:.*\)$/\1/p' "$file")
# By itself: a command that fails inside of an argument would end nothing, and the file would name no digest.
redis=$redis@$(digest "$redis")
sed -e "s|^\( *image: \)phoenix:.*|\1$phoenix|" -e "s|^\( *image: \)redis:.*|\1$redis|" \
  -e '/^ *build:/,/^ *dockerfile:/d' "$file"
