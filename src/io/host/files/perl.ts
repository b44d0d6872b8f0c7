// The equivalent of `walk.ts` and `files.ts` for a node over SSH, in Perl, which every Proxmox host has: a shell cannot open a folder without
// following links. These texts must not contain an apostrophe, since they are in single quotes of a shell.

import { LINK_FOLDERS, MAX_DIGEST_LENGTH, MAX_FILE_LENGTH, MAX_LINKS, NOT_FOLLOWED } from './links.ts';

/** Exit code for a path that does not exist. */
export const ABSENT = 44;
/** Exit code for a file that is not the expected one. */
export const UNEXPECTED = 45;

const WALK = `
use strict; use warnings; use Fcntl qw(:DEFAULT :mode); use IO::Handle; use Digest::SHA qw(sha256_hex);
our $root = shift;
my %linked = map { $_ => 1 } qw(${LINK_FOLDERS.join(' ')});
my @beside;
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);
END { my $code = $?; unlink at(@$_) for @beside; $? = $code }
binmode STDIN; binmode STDOUT;

sub fault { my ($name, $text) = @_; die { name => $name, text => $text } }
sub failed {
  my ($path) = @_;
  my ($name) = grep { $!{$_} } qw(ENOENT ENOTDIR ELOOP);
  fault($name // "EIO", "$path: $!");
}
sub attempt {
  my ($code) = @_;
  my @found = eval { $code->() };
  return @found unless $@;
  my ($name, $text) = ref $@ ? @{$@}{qw(name text)} : ("", "$@");
  print STDERR "$text\\n";
  exit($name =~ /^ENO(ENT|TDIR)$/ ? ${ABSENT} : 1);
}
sub unless_absent {
  my ($code) = @_;
  my @found = eval { $code->() };
  return @found unless $@;
  die $@ unless ref $@ && $@->{name} =~ /^ENO(ENT|TDIR)$/;
  return;
}
sub at { my ($folder, $name) = @_; "/proc/self/fd/" . fileno($folder) . "/$name" }
sub parts { grep { $_ ne "" && $_ ne "." } split m{/}, $_[0] }

# A folder, or nothing for a link.
sub open_folder {
  my ($folder, $name, $make, $mode) = @_;
  my $at = at($folder, $name);
  for my $try (0, 1) {
    my $opened = sysopened($at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return $opened if defined $opened;
    last unless $!{ENOENT} && $make && !$try;
    mkdir $at, $mode // 0755 or $!{EEXIST} or failed($name);
  }
  my $why = $!;
  return if ($!{ENOTDIR} || $!{ELOOP}) && defined readlink $at;
  $! = $why; failed($name);
}
sub sysopened { my ($at, $flags, $mode) = @_; my $opened; sysopen($opened, $at, $flags, $mode // 0) ? $opened : undef }
sub name_entry { my ($folder, $name) = @_; sysopened(at($folder, $name), 010000000 | O_NOFOLLOW) // failed($name) }

# The folder that stands for the root of a lab, itself opened step by step.
sub base {
  my ($make) = @_;
  return sysopened("/", O_RDONLY | O_DIRECTORY) // failed("/") if $root eq "";
  my $path = $root;
  local $root = "";
  my ($opened) = walk($path, $make, sub { open_folder(@_, $make) // () });
  return $opened;
}

sub walk {
  my ($path, $make, $finish) = @_;
  my @opened = base($make);
  my ($links, @names, @passed) = (0, parts($path));
  for (;;) {
    my $name = shift(@names) // ".";
    if ($name eq "..") { pop @opened if @opened > 1; pop @passed; next if @names; $name = "." }
    my $folder = $opened[-1];
    if (@names) {
      my $next = open_folder($folder, $name, $make);
      if (defined $next) { push @opened, $next; push @passed, $name; next }
    } else {
      my @found = $finish->($folder, $name);
      return @found if @found;
    }
    my $target = readlink at($folder, $name) // failed($path);
    my $link = join "/", "", @passed, $name;
    fault("ELOOP", "$path goes round in a circle of symbolic links") if ++$links > ${MAX_LINKS};
    my ($mode, $uid) = (stat $folder)[2, 4];
    my $safe = $linked{"/" . join "/", @passed} && ($uid == 0 || $uid == $>) && !($mode & 022);
    fault("ELOOP", "$path: $link is a symbolic link to $target, ${NOT_FOLLOWED}") unless $safe;
    if ($target =~ m{^/}) { splice @opened, 1; @passed = () }
    unshift @names, parts($target);
  }
}

# The text of what an entry names; nothing for a link.
sub text_at {
  my ($folder, $name, $path) = @_;
  my $named = name_entry($folder, $name);
  my $mode = (stat $named)[2];
  return if S_ISLNK($mode);
  fault("EINVAL", "$path is no regular file") unless S_ISREG($mode);
  return (text_of($named, $path));
}
# A file of the kernel that its container or process takes away after it was found is absent.
sub unread { my ($path) = @_; fault("ENOENT", "$path: $!") if $!{ENODEV} || $!{ESRCH}; failed($path) }
sub text_of {
  my ($named, $path) = @_;
  my $file = sysopened("/proc/self/fd/" . fileno($named), O_RDONLY | O_NONBLOCK) // unread($path);
  my $text = "";
  for (;;) {
    my $got = sysread($file, $text, 65536, length $text) // unread($path);
    return $text if $got == 0;
    fault("EFBIG", "$path is longer than ${MAX_FILE_LENGTH} bytes") if length $text > ${MAX_FILE_LENGTH};
  }
}
sub read_file { my ($path) = @_; (walk($path, 0, sub { text_at(@_, $path) }))[0] }
sub out { my ($text) = @_; while (length $text) { my $put = syswrite(STDOUT, $text) // exit 1; substr $text, 0, $put, "" } }

sub in_folder_of {
  my ($path, $work) = @_;
  my ($parent, $name) = $path =~ m{^(.*)/([^/]+)$} or fault("EINVAL", "$path names no file");
  walk($parent, 1, sub { my $folder = open_folder(@_, 1) // return; $work->($folder, $name); 1 });
}
sub give {
  my ($file, $owner) = @_;
  return if $owner eq "";
  my ($uid, $gid) = map { $_ eq "" ? -1 : $_ } (split /:/, $owner, 2), "";
  chown $uid, $gid, $file or ($root ne "" && $!{EPERM}) or failed("chown");
}
# Closed to all but root until it is whole; then owner and mode, by descriptor.
sub write_beside {
  my ($folder, $name, $mode, $owner, $fill) = @_;
  my $new = sprintf ".%s.%012x", $name, int rand 2 ** 48;
  my $file = sysopened(at($folder, $new), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) // failed($name);
  push @beside, [$folder, $new];
  $fill->(sub { my ($text) = @_; while (length $text) { my $put = syswrite($file, $text) // failed($name); substr $text, 0, $put, "" } });
  give($file, $owner);
  chmod oct($mode), $file or failed($name) if $mode ne "";
  $file->sync;
  close $file or failed($name);
  return $new;
}
sub swap { my ($folder, $new, $name) = @_; rename at($folder, $new), at($folder, $name) or failed($name); pop @beside }
umask 022;
`;

/** root, path: the file. */
export const READ = `${WALK}
attempt(sub { out(read_file($ARGV[0])) });
`;

/** root, folders …: each regular file directly in them as its size, a blank, its path, NUL and content; finally \`end\` and NUL. */
export const READ_MANY = `${WALK}
attempt(sub {
  for my $path (@ARGV) {
    unless_absent(sub { walk($path, 0, sub {
      my $folder = open_folder(@_) // return;
      opendir(my $list, "/proc/self/fd/" . fileno $folder) or failed($path);
      for my $name (grep { !/^\\.\\.?$/ } readdir $list) {
        next unless lstat at($folder, $name) and -f _;
        my $place = ($path eq "/" ? "" : $path) . "/$name";
        my ($text) = unless_absent(sub { text_at($folder, $name, $place) });
        out(length($text) . " $place\\0$text") if defined $text;
      }
      1;
    }) });
  }
  out("end\\0");
});
`;

/** root, paths …: for each existing path its kind, mode, user, group, size, time, digest or a hyphen, and path, terminated by NUL. */
export const INSPECT = `${WALK}
sub state_of {
  my ($folder, $name, $path) = @_;
  my $named = name_entry($folder, $name);
  my @stat = stat $named;
  return if S_ISLNK($stat[2]);
  my $kind = S_ISDIR($stat[2]) ? "folder" : S_ISREG($stat[2]) ? "file" : "other";
  my $digest = $kind eq "file" && $stat[7] <= ${MAX_DIGEST_LENGTH} ? sha256_hex(text_of($named, $path)) : "-";
  return sprintf "%s %o %s %s %s %s %s", $kind, S_IMODE($stat[2]), @stat[4, 5, 7, 9], $digest;
}
attempt(sub {
  for my $path (@ARGV) {
    my ($state) = eval { walk($path, 0, sub { state_of(@_, $path) }) };
    if ($@) {
      die $@ unless ref $@;
      next if $@->{name} =~ /^ENO(ENT|TDIR)$/;
      die $@ unless $@->{name} eq "ELOOP";
      $state = "link 0 0 0 0 0 -";
    }
    out("$state $path\\0");
  }
});
`;

/** root, path, mode or nothing, owner as UID:GID or nothing, expected digest or \`absent\` or nothing: content on standard input. */
export const WRITE = `${WALK}
my ($path, $mode, $owner, $expected) = @ARGV;
attempt(sub { in_folder_of($path, sub {
  my ($folder, $name) = @_;
  my $new = write_beside($folder, $name, $mode, $owner, sub {
    my ($put) = @_;
    for (;;) { my $got = sysread(STDIN, my $text, 65536) // failed("standard input"); last if $got == 0; $put->($text) }
  });
  if ($expected ne "") {
    my ($text) = unless_absent(sub { read_file($path) });
    exit ${UNEXPECTED} unless $expected eq (defined $text ? sha256_hex($text) : "absent");
  }
  swap($folder, $new, $name);
}) });
`;

/**
 * root, path, mode of a new file, number of initial lines of a new file, those lines, lines …: adds those of
 * the lines that the file lacks, safe against concurrent writers. The folder is locked meanwhile, since a file that gets replaced cannot be.
 */
export const LINES = `${WALK}
use Fcntl qw(:flock);
my ($path, $mode, $before, @lines) = @ARGV;
my @before = splice @lines, 0, $before;
attempt(sub { in_folder_of($path, sub {
  my ($folder, $name) = @_;
  flock $folder, LOCK_EX or failed($path);
  my ($text) = unless_absent(sub { read_file($path) });
  my ($owner, $bits) = ("", $mode);
  if (defined $text) {
    my @stat = stat name_entry($folder, $name);
    fault("ELOOP", "$path is a symbolic link") if S_ISLNK($stat[2]);
    $owner = "$stat[4]:$stat[5]"; $bits = sprintf "%04o", S_IMODE($stat[2]);
  }
  $text //= join "", map { "$_\\n" } @before;
  my %there = map { $_ => 1 } split /\\n/, $text;
  my @missing = grep { !$there{$_} } @lines;
  return unless @missing;
  $text .= "\\n" if length $text && $text !~ /\\n\\z/;
  my $whole = $text . join "", map { "$_\\n" } @missing;
  my $new = write_beside($folder, $name, $bits, $owner, sub { $_[0]->($whole) });
  swap($folder, $new, $name);
}) });
`;

/** root, path, owner as UID:GID, UID, :GID or nothing, mode or nothing. */
export const FOLDER = `${WALK}
my ($path, $owner, $mode) = @ARGV;
attempt(sub { walk($path, 1, sub { my $folder = open_folder(@_, 1, $mode eq "" ? undef : oct $mode) // return; give($folder, $owner); 1 }) });
`;

/** root, then for each file its present path, destination, mode or nothing, and owner. */
export const PLACE = `${WALK}
sub place {
  my ($from, $to, $mode, $owner, @others) = @_;
  return unless defined $from;
  my $text = read_file($from);
  in_folder_of($to, sub {
    my ($folder, $name) = @_;
    my $new = write_beside($folder, $name, $mode, $owner, sub { $_[0]->($text) });
    place(@others);
    swap($folder, $new, $name);
  });
}
attempt(sub { place(@ARGV) });
`;

/** root, paths …: removes files and links. */
export const REMOVE = `${WALK}
attempt(sub { for my $path (@ARGV) { unless_absent(sub { walk($path, 0, sub { unlink at(@_) or failed($path); 1 }) }) } });
`;

/** root, path: the public half of a private key, derived from its content and not its name; exit 1 for anything else. */
export const PUBLIC_KEY = `${WALK}
attempt(sub { walk($ARGV[0], 0, sub {
  my $named = name_entry(@_);
  my $mode = (stat $named)[2];
  return if S_ISLNK($mode);
  fault("ENOENT", "$ARGV[0] is no regular file") unless S_ISREG($mode);
  my $file = sysopened("/proc/self/fd/" . fileno($named), O_RDONLY | O_NONBLOCK) // failed($ARGV[0]);
  open STDIN, "<&", $file or failed($ARGV[0]);
  exec qw(openssl pkey -pubout -passin pass:) or failed("openssl");
}) });
`;
