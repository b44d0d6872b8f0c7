#!/bin/sh
# Gives a user the password of which the hash is given. The hash comes in the environment and goes on by a pipe: it is in no
# argument and in no file but the system's own.
# Inputs: USER_NAME, PASSWORD_HASH.
set -eu
: "${USER_NAME:?user_password needs USER_NAME}"
: "${PASSWORD_HASH:?user_password needs PASSWORD_HASH}"

id "$USER_NAME" >/dev/null
printf '%s:%s\n' "$USER_NAME" "$PASSWORD_HASH" | chpasswd --encrypted
