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

  # A run that was broken off outside may still go on inside: wait for it instead of running beside it.
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null) || owner=
    if [ -z "$owner" ]; then
      sleep 1
      owner=$(cat "$lock/pid" 2>/dev/null) || owner=
    fi
    if [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; then
      sleep 1
    else
      rm -rf "$lock"
    fi
  done
  echo $$ >"$lock/pid"
  trap 'rm -rf "$lock" "$state/scripts/$SCRIPT_NAME.$$"' EXIT

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
  code=0
  if [ "$(head -c 2 "$script")" = '#!' ]; then
    (umask 022 && exec "$script" "$@" </dev/null) || code=$?
  else
    (umask 022 && exec sh "$script" "$@" </dev/null) || code=$?
  fi
  return "$code"
}
