# Runs one script inside a guest, unless the record there says that this content with these inputs was installed. It is fed to
# `sh -s`, followed by a call of run_script whose standard input is the script; who called it writes the record when it ends well.
# Expects SCRIPT_NAME, SCRIPT_MARK and the script's inputs in the environment.

run_script() {
  umask 077
  PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
  export PATH
  state=/var/lib/phoenix
  lock=/run/phoenix-script
  mkdir -p "$state/scripts" || return 1
  cat >"$state/scripts/$SCRIPT_NAME.$$" || return 1

  # One at a time, whoever asked for it: a run that was broken off outside may still go on inside. The lock goes with this shell, and
  # what the script starts does not get it; should this shell be killed alone, the script is known by its number and start time.
  command -v flock >/dev/null || { echo "flock is missing: install util-linux" >&2; return 1; }
  exec 9>"$lock.lock" && flock 9 || return 1
  while still_runs $(cat "$lock.pid" 2>/dev/null); do sleep 1; done
  # One that an earlier Phoenix began, which made a folder of its lock.
  while kill -0 "$(cat "$lock/pid" 2>/dev/null || echo none)" 2>/dev/null; do sleep 1; done
  rm -rf "$lock" "$lock.pid"
  trap 'rm -rf "$lock.pid" "$state/scripts/$SCRIPT_NAME.$$"' EXIT

  case " $(cat "$state/applied" 2>/dev/null) " in
    *" $SCRIPT_NAME=$SCRIPT_MARK "*)
      echo "$SCRIPT_NAME is installed already"
      return 0
      ;;
  esac

  # Package managers and the network are not ready while the guest still comes up.
  if command -v cloud-init >/dev/null 2>&1; then timeout 600 cloud-init status --wait >/dev/null 2>&1 || true; fi
  if command -v systemctl >/dev/null 2>&1; then timeout 120 systemctl is-system-running --wait >/dev/null 2>&1 || true; fi

  script=$state/scripts/$SCRIPT_NAME
  mv "$script.$$" "$script"
  chmod 700 "$script"
  begin='facts=$(cat /proc/$$/stat) && echo "$$ ${facts##*) }" >"$0" && exec 9>&- && exec "$@" </dev/null'
  code=0
  if [ "$(head -c 2 "$script")" = '#!' ]; then
    (umask 022 && exec sh -c "$begin" "$lock.pid" "$script" "$@") || code=$?
  else
    (umask 022 && exec sh -c "$begin" "$lock.pid" sh "$script" "$@") || code=$?
  fi
  return "$code"
}

# Number, then what /proc says of it after its name, as it was noted when it began.
still_runs() {
  [ $# -ge 21 ] || return 1
  pid=$1 began=${21}
  facts=$(cat "/proc/$pid/stat" 2>/dev/null) || return 1
  set -- ${facts##*) }
  [ "$1" != Z ] && [ "${20}" = "$began" ]
}
