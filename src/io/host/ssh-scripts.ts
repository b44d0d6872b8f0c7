// What runs on the other side of ssh, for `sh`: fixed texts, which get everything that varies as quoted arguments and all
// content on standard input. deploy/ssh knows each by its digest: `node deploy/ssh/digests.ts` prints them after a change.

/** As on the node itself, whatever a login there would set. */
const BEGIN = `
PATH="$2"; LC_ALL=C.UTF-8; export PATH LC_ALL
cd /
printf '%s group %s\\n' "$1" "$$" >&2
mark="$1"; shift 2
`;

/**
 * mark, PATH, program, arguments …: the shell leads its session, so its number is that of the process group. The blank line
 * ends a last line of the program that has no end of its own.
 */
export const RUN = `${BEGIN}
if ! command -v -- "$1" >/dev/null; then printf '%s missing\\n' "$mark" >&2; exit 127; fi
"$@"
code=$?
printf '\\n%s exit %s\\n' "$mark" "$code" >&2
exit "$code"
`;

/** Process group: asks it to end, and ends it by force what is left of it after five seconds. */
export const END_GROUP = `
kill -s TERM -- "-$1" 2>/dev/null
tries=0
while [ "$tries" -lt 50 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "-$1" 2>/dev/null
exit 0
`;

/** mark, PATH, path: the file on standard output; exit 44 when there is none. */
export const READ_FILE = `${BEGIN}
[ -e "$1" ] || exit 44
exec cat -- "$1"
`;

/**
 * mark, PATH, path, folders …: the same for a regular file that really lies below one of the folders: it is opened first, and judged by
 * what was opened. Exit 46 when it does not.
 */
export const READ_WITHIN = `${BEGIN}
[ -e "$1" ] || exit 44
[ -f "$1" ] || exit 46
exec 3<"$1"
real=$(readlink -f "/proc/$$/fd/3")
shift
for folder do
  folder=$(realpath -e -- "$folder" 2>/dev/null) || continue
  case $real in
    "$folder"/*)
      [ -f "/proc/$$/fd/3" ] || exit 46
      exec cat <&3
      ;;
  esac
done
exit 46
`;

/** mark, PATH, folders …: a tar archive of the regular files directly in them. */
export const READ_FOLDERS = `${BEGIN}
for folder do
  if [ -d "$folder" ]; then find -H "$folder" -mindepth 1 -maxdepth 1 -type f -print0; fi
done | tar --create --format=gnu --absolute-names --null --verbatim-files-from --files-from=- --ignore-failed-read --file=-
`;

/**
 * mark, PATH, path, its folder, a name beside it, mode or nothing, expected digest or nothing: content on standard input.
 * Exit 45 when the file is not the expected one.
 */
export const WRITE_FILE = `${BEGIN}
set -eu
umask 022
mkdir -p -- "$2"
umask 077
trap 'rm -f -- "$3"' EXIT
cat >"$3"
if [ -n "$4" ]; then chmod -- "$4" "$3"; fi
if [ -n "$5" ]; then
  digest=absent
  if [ -e "$1" ]; then digest=$(sha256sum <"$1"); digest=\${digest%% *}; fi
  [ "$digest" = "$5" ] || exit 45
fi
sync -d -- "$3" 2>/dev/null || true
mv -f -T -- "$3" "$1"
`;

/** mark, PATH, path, owner as UID, UID:GID or :GID, or nothing. */
export const MAKE_FOLDER = `${BEGIN}
set -eu
umask 022
mkdir -p -- "$1"
if [ -n "$2" ]; then chown -- "$2" "$1"; fi
`;

/**
 * Address, port: standard input to a service in the node's network, and what comes from there to standard output. Not by
 * forwarding of ssh's own, so that a key may be held to commands alone. Proxmox is written in Perl, which is therefore there.
 */
export const CONNECT = `
LC_ALL=C.UTF-8; export LC_ALL
exec /usr/bin/perl -e '
use strict; use IO::Socket::IP;
my ($address, $port) = @ARGV;
my $service = IO::Socket::IP->new(PeerHost => $address, PeerPort => $port) or do { print STDERR "$@\\n"; exit 1 };
$SIG{PIPE} = "IGNORE";
sub copy {
  my ($from, $to) = @_;
  while (sysread $from, my $piece, 65536) {
    while (length $piece) { my $written = syswrite $to, $piece or return; substr $piece, 0, $written, "" }
  }
}
my $receiver = $$;
my $sender = fork // die "$!\\n";
if ($sender) { copy($service, *STDOUT); kill "TERM", $sender; exit 0 }
close STDOUT; copy(*STDIN, $service); shutdown $service, 1;
sleep 30; kill "TERM", $receiver if getppid == $receiver;
' "$1" "$2"
`;
