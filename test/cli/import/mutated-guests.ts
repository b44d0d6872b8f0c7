// Guest files as people and other programs leave them: real ones and generated ones, changed in a few places in ways that Proxmox takes, drops or
// never saw.

import fc from 'fast-check';

/** Values that stand in for another one: right ones of other options, and wrong ones. */
const VALUES = [
  ...['0', '1', '2', '-1', '007', '1.5', '2.0', 'yes', 'off', 'true', 'none', 'a b', 'a,b', 'größe', '50%', '', '"x"'],
  ...['nesting=1,mount=true', 'mount=nfs;true', 'name=eth0,ip=dhcp', 'name=eth0,bridge=vmbr9, ip=dhcp', 'order=any'],
  ...[
    'virtio,bridge=vmbr1',
    'foo=BC:24:11:00:00:01,bridge=vmbr0',
    'ip=10.0.0.5',
    'ip=dhcp,ip6=auto',
    'a;B;ünï',
    'debian',
  ],
  ...[
    '/tank/a b,mp=/a',
    '/tank,mp=/data,mp=/b',
    '/dev/sdb,mp=/x',
    'rpool:subvol-4001-disk-7,mp=/data',
    'path=relative',
  ],
  ...[
    'local-lvm:vm-4001-disk-7,size=8G',
    'local:iso/a.iso,media=cdrom',
    'gone:vm-4001-disk-0,size=1G',
    'none,media=cdrom',
  ],
  ...[
    'cputype=host,flags=+aes;-foo',
    'host=01:00,x=1',
    'mapping=gone',
    'host=1-2,usb3=1',
    'enabled=1,x=2',
    'order=scsi9',
  ],
  ...['local:4001/vm-4001-disk-3.qcow2,size=0T', 'user=local:snippets/u.yaml', '1.1.1.1,2.2.2.2', 'lxc', 'pc-q35-8.1'],
];

type Change = (lines: readonly string[], at: number, pick: number) => string[];

/** Settings that an import cannot do without stay. */
const KEPT = /^(hostname|name|memory|rootfs|lock|\[)/;

const replaced = (lines: readonly string[], at: number, ...by: string[]) => lines.toSpliced(at, 1, ...by);
const keyOf = (line: string): string => line.slice(0, Math.max(0, line.indexOf(':')));
const valueAt = (pick: number): string => VALUES[pick % VALUES.length] ?? '';

/** @param spelled another spelling of one line, with the same meaning or none */
function edit(spelled: (line: string, pick: number) => string): Change {
  return (lines, at, pick) => {
    const line = lines[at] ?? '';
    return keyOf(line) === '' || KEPT.test(line) ? [...lines] : replaced(lines, at, spelled(line, pick));
  };
}

const CHANGES: readonly Change[] = [
  (lines) => lines.map((line) => `${line}\r`),
  (lines, at) => replaced(lines, at, lines[at] ?? '', ''),
  (lines) => ['#größe 100%25 %zz', '#\t# Überschrift', ...lines],
  (lines, at) => (KEPT.test(lines[at] ?? '') ? [...lines] : lines.toSpliced(at, 1)),
  // What waits for the next start.
  (lines, at, pick) => [...lines, '', '[PENDING]', '[pve:pending]', `${keyOf(lines[at] ?? '')}: ${valueAt(pick)}`],
  (lines, at) => [...lines, '', '[PENDING]', '[pve:pending]', `delete: ${keyOf(lines[at] ?? '')}`],
  edit((line) => line.replace(': ', ':\t')),
  edit((line) => `${line}  \t`),
  edit((line) =>
    line
      .replace(/=0(,|$)/, '=no$1')
      .replace(/=1(,|$)/, '=yes$1')
      .replace(/: 1$/, ': yes')
      .replace(/: 0$/, ': off'),
  ),
  edit((line) => line.replaceAll(',', ', ')),
  edit((line) => `${line},future=1`),
  edit((line) => `${line},${line.slice(line.lastIndexOf(',') + 1)}`),
  edit((line, pick) => `${keyOf(line)}: ${valueAt(pick)}`),
  // The same once more, under the next number.
  edit(
    (line) =>
      `${line}\n${line.replace(/^([a-z]+)(\d+):/, (_, stem: string, number: string) => `${stem}${Number(number) + 1}:`)}`,
  ),
  edit((line) => line.replace(/^([a-z]+)(\d+):/, '$10$2:')),
  ...[
    'net1',
    'ipconfig1',
    'mp3',
    'dev0',
    'features',
    'hostpci0',
    'usb0',
    'scsi5',
    'sata0',
    'ide1',
    'efidisk0',
    'tpmstate0',
    'cpu',
    'agent',
  ].map(
    (option): Change =>
      (lines, _, pick) => [`${option}: ${valueAt(pick)}`, ...lines],
  ),
];

/** One of the files with one to four changes. */
export function mutatedGuest(file: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(fc.constantFrom(...CHANGES), fc.nat(1000), fc.nat(1000));
  return fc.tuple(file, fc.array(change, { minLength: 1, maxLength: 4 })).map(([text, changes]) => {
    const lines = text.replace(/\n$/, '').split('\n');
    const changed = changes.reduce((now: readonly string[], [one, at, pick]) => one(now, at % now.length, pick), lines);
    return `${changed.join('\n')}\n`;
  });
}
