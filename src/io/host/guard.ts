// Runs a program that changes a target on the node, in Perl, which every Proxmox host has: at most one at a time for each target, whoever started it.
// If its starter disappears, a connection or a whole agent, the program continues, and the next caller finds it. This text must not contain an
// apostrophe, since over SSH it is in single quotes of a shell.

/**
 * Folder of the node with one file for each target, locked while a program changes it. The files are never deleted: a lock on a deleted file has no
 * effect.
 */
const FOLDER = '/run/phoenix/commands';

/**
 * Tasks of Proxmox that change a guest. `pct` and `qm` start them in a separate session, so they outlive a program that was
 * killed (PVE::RESTEnvironment::fork_worker). Backups and consoles are not included: they take long, and Proxmox has its own locks.
 */
const TASKS = [
  '(?:vz|qm)(?:create|clone|destroy|start|stop|shutdown|reboot|snapshot|delsnapshot|rollback|template|restore)',
  'qmconfig|qmmove|resize|move_volume',
].join('|');

/**
 * mark, root, target, seconds, number of bytes of standard input or nothing, program, arguments …: without a program it only waits until
 * no earlier one is running. It reports by its mark `waits` when an earlier one is still running; after that it starts nothing, since the
 * program's preconditions may have changed, and reports `waited`. Otherwise `missing`, `exit` with the code or `signal` with its number.
 *
 * - Only this process holds the lock, so that a VM that the program leaves running does not. If this process alone is killed,
 *   the program is identified by the process id and start time in the file.
 * - Standard input is read completely first, so that no partial script is ever run.
 * - Output without a reader is dropped, so that the program continues undisturbed.
 * - The time limit applies whether or not anybody still waits for the program.
 */
export const GUARD = `
use strict; use warnings; use Fcntl qw(:DEFAULT :flock :mode);
my ($mark, $root, $target, $seconds, $size, @command) = @ARGV;
$SIG{PIPE} = "IGNORE";
sub tell_mark { my ($text) = @_; syswrite STDERR, "\\n$mark $text\\n" }
sub fail { my ($text) = @_; print STDERR $text; tell_mark("exit 1"); exit 1 }
sub uptime { open my $file, "<", "/proc/uptime" or return time; (split / /, <$file>)[0] }
# State, process group and start time, after a name that may hold anything.
sub facts {
  my ($pid) = @_;
  open my $file, "<", "/proc/$pid/stat" or return;
  my ($rest) = (<$file> // "") =~ /^.*\\) (.*)$/s or return;
  return (split / /, $rest)[0, 2, 19];
}

my $input = "";
if ($size ne "") {
  while (length $input < $size) { sysread(STDIN, $input, 65536, length $input) or last }
  exit 1 if length $input != $size;
}

my $folder = $root;
for my $name (grep { $_ ne "" } split m{/}, "${FOLDER}") {
  $folder .= "/$name";
  mkdir $folder, $name eq "run" ? 0755 : 0700;
  my ($mode, $uid) = (lstat $folder)[2, 4];
  fail("$folder: $!") unless defined $mode;
  fail("$folder is no folder of its own") unless S_ISDIR($mode) && $uid == $> && !($mode & 022);
}
(my $name = $target) =~ s/([^A-Za-z0-9._-])/sprintf "%%%02x", ord $1/ge;
sysopen(my $lock, "$folder/$name", O_RDWR | O_CREAT | O_NOFOLLOW, 0600) or fail("$folder/$name: $!");
my $waited = 0;
sub wait_for { tell_mark("waits") unless $waited++ }
unless (flock $lock, LOCK_EX | LOCK_NB) {
  wait_for();
  flock $lock, LOCK_EX or fail("$folder/$name: $!");
}
sub note { sysseek $lock, 0, 0; truncate $lock, 0; syswrite $lock, $_[0] }
sub still_runs {
  my ($pid, $started, $until) = @_;
  my ($state, $group, $now) = facts($pid) or return 0;
  return 0 if $state eq "Z" || $now != $started;
  kill uptime() > $until + 5 ? "KILL" : "TERM", $group > 1 ? -$group : $pid if uptime() > $until;
  return 1;
}
sysread $lock, my $noted, 256;
if (my @before = ($noted // "") =~ /^(\\d+) (\\d+) ([\\d.]+)$/) {
  while (still_runs(@before)) { wait_for(); select undef, undef, undef, 0.1 }
}
if (my ($id) = $target =~ m{^(?:lxc|vm)/(\\d+)$}) {
  for (;;) {
    opendir my $all, "/proc" or last;
    my @tasks = grep {
      my $line = "";
      if (/^\\d+$/ && open my $file, "<", "/proc/$_/cmdline") { $line = <$file> // "" }
      $line =~ /^task UPID:(?:[^:]*:){4}(?:${TASKS}):$id:/;
    } readdir $all;
    last unless @tasks;
    wait_for();
    select undef, undef, undef, 0.2;
  }
}
if ($waited || !@command) { note(""); tell_mark($waited ? "waited" : "exit 0"); exit 0 }

pipe my $out, my $out_in; pipe my $err, my $err_in; pipe my $go, my $start; pipe my $wake, my $ended; pipe my $why, my $failed;
$SIG{CHLD} = sub { syswrite $ended, "." };
my $stdin;
if ($size eq "") { open $stdin, "<", "/dev/null" }
else {
  pipe $stdin, my $feed;
  if (!(fork // fail("fork: $!"))) {
    $SIG{PIPE} = "DEFAULT"; close $_ for $lock, $stdin, $out_in, $err_in, $start, $failed; close STDOUT; close STDERR;
    while (length $input) { my $put = syswrite($feed, $input) // last; substr $input, 0, $put, "" }
    exit 0;
  }
}
my $program = fork // fail("fork: $!");
if (!$program) {
  close $start;
  # Nothing is started that is not noted.
  exit 1 unless sysread $go, my $word, 1;
  open STDIN, "<&", $stdin; open STDOUT, ">&", $out_in; open STDERR, ">&", $err_in;
  $SIG{$_} = "DEFAULT" for qw(PIPE CHLD);
  { no warnings; exec { $command[0] } @command }
  syswrite $failed, $!{ENOENT} ? "missing" : "$command[0]: $!";
  exit 127;
}
close $stdin;
close $_ for $out_in, $err_in, $go, $failed;
my $until = uptime() + $seconds;
note(join " ", $program, (facts($program))[2] // 0, $until);
$SIG{$_} = sub { kill "TERM", $program } for qw(TERM INT HUP);
my $told = 0;
my $all = getpgrp == $$ ? -$$ : $program;
$SIG{ALRM} = sub { kill $told++ ? "KILL" : "TERM", $all; alarm 5 };
alarm $seconds + 1;
syswrite $start, "."; close $start;

my %open = (fileno($out) => [$out, *STDOUT], fileno($err) => [$err, *STDERR]);
my $status;
while (%open) {
  my $bits = "";
  vec($bits, $_, 1) = 1 for keys %open, fileno $wake;
  my $some = select my $ready = $bits, undef, undef, defined $status ? 1 : undef;
  last if $some == 0;
  next if $some < 0;
  if (vec $ready, fileno $wake, 1) {
    sysread $wake, my $dots, 256;
    $status = $? if !defined $status && waitpid($program, 1) == $program;
  }
  for my $each (grep { vec $ready, $_, 1 } keys %open) {
    my ($from, $to) = @{ $open{$each} };
    my $got = sysread $from, my $piece, 65536;
    next unless defined $got || !$!{EINTR};
    delete $open{$each} unless $got;
    while (defined $to && length($piece // "")) {
      my $put = syswrite $to, $piece;
      if (defined $put) { substr $piece, 0, $put, "" }
      elsif (!$!{EINTR}) { $open{$each}[1] = undef if $open{$each}; last }
    }
  }
}
until (defined $status) { $status = $? if waitpid($program, 0) == $program }
alarm 0;
note("");
my $reason = <$why> // "";
if ($reason ne "") { print STDERR $reason if $reason ne "missing"; tell_mark("missing"); exit 127 }
tell_mark($status & 127 ? "signal " . ($status & 127) : "exit " . ($status >> 8));
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
`;
