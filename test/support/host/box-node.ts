// A node with one program, `box`, which the manager of boxes calls: a real process that takes its time and logs its start and end. So a test sees
// whether two ran at once, whoever started them, and whether one ran twice.

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localHost } from '../../../src/io/host/local.ts';
import { sshHost } from '../../../src/io/host/ssh.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import type { Host } from '../../../src/ports/host.ts';
import { until } from '../until.ts';
import type { TestSshd } from './sshd.ts';

/** Milliseconds before its effect, and again after it. */
const TAKES_MS = 60;

/** The program parses no JSON: a box is a file with the given text, and a file `started` beside it. */
const BOX = `#!/usr/bin/perl
use strict; use warnings;
my ($verb, $id, $text) = @ARGV;
$SIG{PIPE} = "DEFAULT";
(my $here = $0) =~ s{/bin/box$}{};
sub slurp { open my $file, "<", $_[0] or return; local $/; <$file> }
sub put { open my $file, ">", "$_[0].new" or die; print $file $_[1]; close $file; rename "$_[0].new", $_[0] }
sub box {
  my $box = slurp("$here/boxes/$_[0]") // return "null";
  my $started = -e "$here/boxes/$_[0].started" ? "true" : "false";
  $box =~ s/\\}\\s*$/,"started":$started}/;
  return $box;
}
if ($verb eq "show") { print box($id); exit 0 }
if ($verb eq "list") {
  opendir my $all, "$here/boxes";
  print "{", join(",", map { "\\"$_\\":" . box($_) } grep { /^\\d+$/ } readdir $all), "}";
  exit 0;
}
sub record { open my $file, ">>", "$here/record" or die; syswrite $file, "$_[0] $verb $id $$\\n" }
record("begin");
$| = 1; print "working\\n";
select undef, undef, undef, ${TAKES_MS / 1000};
if ($verb eq "put") { put("$here/boxes/$id", $text) }
elsif ($verb eq "start") { put("$here/boxes/$id.started", "") }
elsif ($verb eq "drop") { unlink "$here/boxes/$id", "$here/boxes/$id.started" }
print "still working\\n";
select undef, undef, undef, ${TAKES_MS / 1000};
record("end");
`;

export interface BoxNode {
  readonly folder: string;
  local(): Host;
  ssh(sshd: TestSshd, sshOptions?: readonly string[]): Host;
  /** Resolves once this many changing commands have begun. */
  begun(count: number): Promise<void>;
  /** Completed changing commands, in order of completion. Fails if two for one box ran at once. */
  commands(): string[];
}

export function openBoxNode(folder: string): BoxNode {
  for (const part of ['bin', 'boxes']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'bin/box'), BOX, { mode: 0o755 });
  const record = join(folder, 'record');
  appendFileSync(record, '');
  const lines = () =>
    readFileSync(record, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
  const parts = {
    node: 'pve',
    contents: () => Promise.reject(new Error('boxes take nothing')),
    redactor: openRedactor(),
    root: folder,
    path: join(folder, 'bin'),
  };
  return {
    folder,
    local: () => localHost(parts),
    ssh: (sshd, sshOptions = sshd.sshOptions) => sshHost({ ...parts, target: sshd.target, sshOptions }),
    begun: (count) => until(() => lines().filter(([word]) => word === 'begin').length >= count, `command ${count}`, 60),
    commands() {
      const open = new Map<string, string>();
      const ended: string[] = [];
      for (const [word = '', verb = '', id = '', pid = ''] of lines()) {
        const other = open.get(id);
        if (word === 'begin' && other !== undefined) throw new Error(`box ${verb} ${id} began while ${other} ran`);
        if (word === 'begin') open.set(id, `box ${verb} ${id} (${pid})`);
        else {
          open.delete(id);
          ended.push(`box ${verb} ${id}`);
        }
      }
      if (open.size > 0) throw new Error(`never ended: ${[...open.values()].join(', ')}`);
      return ended;
    },
  };
}

/** The commands that create and start each box once. */
export function eachOnce(ids: readonly number[]): string[] {
  return ids.flatMap((id) => [`box put ${id}`, `box start ${id}`]).sort();
}
