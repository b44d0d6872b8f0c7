// The remote side of a session: one program on the node that accepts commands, several at a time, instead of an ssh process for each. This text must
// not contain an apostrophe, since it is in single quotes of a shell; `deploy/ssh/session.pl` contains it for the forced command, which checks each
// command of a session like a single one.

import { HEAD_BYTES, IDLE_SECONDS, MAX_CONCURRENT, MAX_FRAME_LENGTH, PIECE_BYTES } from './frames.ts';

/**
 * `serve(mark, start)`: prints `mark session 1` and reads requests until standard input ends with the connection. Each
 * request gets a process that leads a session, as sshd would create, and `start` becomes the command there, given its
 * words. Running commands continue when the connection ends, without a reader of their output.
 *
 * - A request is started when it is complete, including its standard input: a partial one is never run.
 * - Invalid input ends the session: it does not come from the matching Phoenix.
 * - Frames are those of `frames.ts`. Nothing in them is evaluated.
 */
export const SERVE = `
use strict; use warnings; use POSIX ();
sub serve {
  my ($mark, $start) = @_;
  my ($in, $out, %jobs, %job_of) = ("", "");
  my $bad = sub { print STDERR "phoenix-session: $_[0]\\n"; exit 65 };
  my $send = sub { while (length $out) { my $put = syswrite STDOUT, $out; if (defined $put) { substr $out, 0, $put, "" } elsif (!$!{EINTR}) { exit 0 } } };
  my $tell = sub { my ($kind, $id, $bytes) = @_; $out .= pack("a N N", $kind, $id, length $bytes) . $bytes; $send->() if length $out > ${PIECE_BYTES} };
  local $SIG{PIPE} = "IGNORE";
  pipe my $wake, my $ended or $bad->("pipe: $!");
  local $SIG{CHLD} = sub { syswrite $ended, "." };

  my $begin = sub {
    my ($id, $body) = @_;
    my ($input, @words) = eval { unpack "N/a* (N/a*)*", $body };
    $bad->("a request is cut short") unless defined $input && @words && $body eq pack "N/a* (N/a*)*", $input, @words;
    $bad->("a request holds a NUL character") if grep { /\\0/ } @words;
    $bad->("a request has a number that is taken") if $jobs{$id};
    $bad->("there are too many requests at once") if keys %jobs >= ${MAX_CONCURRENT};
    # A node that is short of processes or files has not begun it, and tells so; what runs beside it goes on.
    my $short = sub { $tell->("e", $id, "phoenix-session: $_[0]: $!\\n"); $tell->("z", $id, pack "N", 126) };
    pipe my $stdin, my $feed and pipe my $stdout, my $stdout_in and pipe my $stderr, my $stderr_in or return $short->("pipe");
    # A pipe holds a page before anybody reads from it, and not always more.
    if (length $input <= 4096) { syswrite $feed, $input if length $input }
    elsif (!(fork // return $short->("fork"))) {
      $SIG{$_} = "DEFAULT" for qw(PIPE CHLD);
      close $_ for *STDIN, *STDOUT, *STDERR, $stdin, $stdout, $stdout_in, $stderr, $stderr_in;
      while (length $input) { my $put = syswrite($feed, $input) // last; substr $input, 0, $put, "" }
      POSIX::_exit(0);
    }
    close $feed;
    my $pid = fork // return $short->("fork");
    if (!$pid) {
      $SIG{$_} = "DEFAULT" for qw(PIPE CHLD);
      POSIX::setsid();
      open STDIN, "<&", $stdin; open STDOUT, ">&", $stdout_in; open STDERR, ">&", $stderr_in;
      $start->(@words);
      POSIX::_exit(126);
    }
    $jobs{$id} = { pid => $pid, open => { o => $stdout, e => $stderr } };
    $job_of{$pid} = $id;
  };

  $out = "\\n$mark session 1\\n";
  for (;;) {
    $send->();
    my $bits = "";
    vec($bits, fileno $_, 1) = 1 for *STDIN, $wake, map { values %{ $_->{open} } } values %jobs;
    my $some = select my $ready = $bits, undef, undef, %jobs ? undef : ${IDLE_SECONDS};
    exit 0 if $some == 0;
    next if $some < 0;
    for my $id (keys %jobs) {
      my $open = $jobs{$id}{open};
      for my $kind (grep { vec $ready, fileno $open->{$_}, 1 } keys %$open) {
        my $got = sysread $open->{$kind}, my $piece, ${PIECE_BYTES};
        if ($got) { $tell->($kind, $id, $piece) }
        elsif (defined $got || !$!{EINTR}) { delete $open->{$kind} }
      }
    }
    if (vec $ready, fileno $wake, 1) {
      sysread $wake, my $dots, 4096;
      while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        my $id = delete $job_of{$pid} // next;
        # As a shell has it: 128 and the signal.
        my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
        $jobs{$id}{code} = $code if $jobs{$id};
      }
    }
    for my $id (grep { defined $jobs{$_}{code} } keys %jobs) {
      my $job = $jobs{$id};
      # Something that it left running may hold its output open for ever: that it ended is told before.
      my $kind = %{ $job->{open} } ? "x" : "z";
      next if $kind eq "x" && $job->{told}++;
      $tell->($kind, $id, pack "N", $job->{code});
      delete $jobs{$id} if $kind eq "z";
    }
    next unless vec $ready, fileno *STDIN, 1;
    my $got = sysread STDIN, $in, ${PIECE_BYTES}, length $in;
    next if !defined $got && $!{EINTR};
    exit 0 unless $got;
    while (length $in >= ${HEAD_BYTES}) {
      my ($kind, $id, $size) = unpack "a N N", $in;
      $bad->("a frame is none of Phoenix") if $kind !~ /^[rd]\\z/ || $size > ${MAX_FRAME_LENGTH} || $kind eq "d" && $size > 0;
      last if length $in < ${HEAD_BYTES} + $size;
      my $body = substr $in, ${HEAD_BYTES}, $size;
      substr $in, 0, ${HEAD_BYTES} + $size, "";
      # Nobody reads its output any more, as when a connection of its own ends.
      if ($kind eq "d") { delete $jobs{$id} } else { $begin->($id, $body) }
    }
  }
}
1;
`;
