// Remote scripts for `sh`: constant texts, which get all variable values as quoted arguments and all content on standard input. deploy/ssh knows each
// by its digest: `node deploy/ssh/digests.ts` prints them after a change.

import * as perl from './files/perl.ts';
import { GUARD } from './guard.ts';
import { SERVE } from './session/perl.ts';

/** A fixed environment, whatever a login on the node would set. */
const BEGIN = `
PATH="$2"; LC_ALL=C.UTF-8; export PATH LC_ALL
cd /
printf '%s group %s\\n' "$1" "$$" >&2
mark="$1"; shift 2
`;

/**
 * mark, PATH, program, arguments …: the shell leads its session, so its process id is the process group's. The blank line
 * terminates a last line of the program without a line break.
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

/** mark, PATH: see `SERVE`. The forced command does not run this text: it serves by `session.pl` beside it, and checks each request. */
export const SESSION = `
exec /usr/bin/perl -e '${SERVE}
serve($ARGV[0], sub { exec { "/bin/sh" } "sh", "-c", @_ or print STDERR "sh: $!\\n" });
' -- "$1"
`;

/** Process group: sends SIGTERM, and SIGKILL to what remains after five seconds. */
export const END_GROUP = `
# To signal group 1 is to signal everything.
case $1 in '' | 0 | 1 | *[!0-9]*) exit 1 ;; esac
kill -s TERM -- "-$1" 2>/dev/null
tries=0
while [ "$tries" -lt 50 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "-$1" 2>/dev/null
exit 0
`;

/** A file operation: mark, PATH, root, and the arguments of the Perl script. */
function fileOperation(script: string): string {
  return `${BEGIN}
exec /usr/bin/perl -e '${script}' -- "$@"
`;
}

export const READ_FILE = fileOperation(perl.READ);
export const READ_FOLDERS = fileOperation(perl.READ_MANY);
export const INSPECT = fileOperation(perl.INSPECT);
export const PUBLIC_KEY = fileOperation(perl.PUBLIC_KEY);
export const WRITE_FILE = fileOperation(perl.WRITE);
export const ADD_LINES = fileOperation(perl.LINES);
export const MAKE_FOLDER = fileOperation(perl.FOLDER);
export const PLACE_FILES = fileOperation(perl.PLACE);
export const REMOVE_FILES = fileOperation(perl.REMOVE);

/**
 * mark, PATH, root, path, folders …: reads a regular file that is really below one of the folders: it is opened first, and checked by
 * its descriptor. Exit 44 when there is none, 46 when it is elsewhere. Links are followed here: only their destination matters.
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
 * Address, port: connects standard input and output to a service in the node's network. Not by
 * ssh's port forwarding, so that a key may be restricted to commands. Every Proxmox host has Perl.
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
