// What runs on the other side of ssh, for `sh`: fixed texts, which get everything that varies as quoted arguments and all
// content on standard input. deploy/ssh knows each by its digest: `node deploy/ssh/digests.ts` prints them after a change.

import * as perl from './files/perl.ts';
import { GUARD } from './guard.ts';
import { SERVE } from './session/perl.ts';

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

/** mark, PATH, root, target, seconds, bytes of standard input or nothing, program, arguments …: see `GUARD`. */
export const GUARDED = `${BEGIN}
exec /usr/bin/perl -e '${GUARD}' -- "$mark" "$@"
`;

/** mark, PATH: see `SERVE`. The forced command does not start this text: it serves by `session.pl`, which lies beside it, and judges each request. */
export const SESSION = `
exec /usr/bin/perl -e '${SERVE}
serve($ARGV[0], sub { exec { "/bin/sh" } "sh", "-c", @_ or print STDERR "sh: $!\\n" });
' -- "$1"
`;

/** Process group: asks it to end, and ends it by force what is left of it after five seconds. */
export const END_GROUP = `
# To signal group 1 is to signal everything.
case $1 in '' | 0 | 1 | *[!0-9]*) exit 1 ;; esac
kill -s TERM -- "-$1" 2>/dev/null
tries=0
while [ "$tries" -lt 50 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "-$1" 2>/dev/null
exit 0
`;

/** Work on files: mark, PATH, root, and what the text in Perl says. */
function work(script: string): string {
  return `${BEGIN}
exec /usr/bin/perl -e '${script}' -- "$@"
`;
}

export const READ_FILE = work(perl.READ);
export const READ_FOLDERS = work(perl.READ_MANY);
export const INSPECT = work(perl.INSPECT);
export const PUBLIC_KEY = work(perl.PUBLIC_KEY);
export const WRITE_FILE = work(perl.WRITE);
export const ADD_LINES = work(perl.LINES);
export const MAKE_FOLDER = work(perl.FOLDER);
export const PLACE_FILES = work(perl.PLACE);
export const REMOVE_FILES = work(perl.REMOVE);

/**
 * mark, PATH, root, path, folders …: a regular file that really lies below one of the folders: it is opened first, and judged by what
 * was opened. Exit 44 when there is none, 46 when it does not. Links are followed here: what matters is where they end.
 */
export const READ_WITHIN = `${BEGIN}
root="$1"; path="$root$2"; shift 2
[ -e "$path" ] || exit 44
[ -f "$path" ] || exit 46
exec 3<"$path"
real=$(readlink -f "/proc/$$/fd/3")
for folder do
  folder=$(realpath -e -- "$root$folder" 2>/dev/null) || continue
  case $real in
    "$folder"/*)
      [ -f "/proc/$$/fd/3" ] || exit 46
      exec cat <&3
      ;;
  esac
done
exit 46
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
