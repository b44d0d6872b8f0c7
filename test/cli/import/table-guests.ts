// Random files of guests made from Proxmox's own table of options: whatever it accepts, in any order, beside snapshots, waiting changes, comments and
// options of newer versions.

import fc from 'fast-check';
import { keysOfOption } from '../../../src/proxmox/guests/guest-options.ts';
import { readProperties, textProblem } from '../../../src/proxmox/parameters/schema.ts';
import { configOption, configOptions, placesFor, type Schema } from '../../../src/proxmox/parameters/table.ts';

type Kind = 'lxc' | 'qemu';

/** Texts of every shape; those that a schema accepts are its values, beside its words and limits. */
const TEXTS = [
  ...['0', '1', '2', '3', '4', '10', '64', '100', '1024', '2048', '0.5', '1.5', '2.50', '100.00', '4.0', '1-3', '0,2'],
  ...['a', 'web', 'Web-1', 'x y', 'größe', '50%', 'a;b', 'a,b c', '#x', 'a=b', 'true', 'yes', 'none', 'host', 'auto'],
  ...[
    'vmbr0',
    'vmbr1',
    'eth0',
    'eth3',
    'lan0',
    '10.0.0.44/24',
    '10.8.0.4/16',
    'dhcp',
    'manual',
    'fd00::5/64',
    '10.0.0.1',
    'fd00::1',
  ],
  ...['BC:24:11:00:0A:01', '02:00:00:aa:bb:cc', '1.1.1.1 9.9.9.9', 'example.internal', 'lan', '5;7-9', '20;30'],
  ...[
    'local:iso/a.iso',
    'rpool:vm-4001-disk-7',
    'local-lvm:vm-4001-disk-8',
    'rpool:subvol-4001-disk-3',
    'local:4001/vm-4001-disk-2.qcow2',
  ],
  ...[
    'local:snippets/hook.sh',
    'user=local:snippets/u.yaml',
    '/tank/media',
    '/srv',
    '/mnt/data',
    '8G',
    '512M',
    '4T',
    '1000K',
  ],
  ...[
    '/dev/fuse',
    '/dev/ttyS0',
    '/dev/disk/by-id/ata-WDC_1',
    '/dev/dri/renderD128',
    '0660',
    'socket',
    'serial0',
    'raw',
    'qcow2',
  ],
  ...[
    '0658:0200',
    'spice',
    '1-2',
    '0000:01:00.0',
    '01:00',
    'gpu',
    'nvidia-63',
    'order=scsi0',
    'order=scsi0;net0',
    'scsi0',
  ],
  ...[
    'x86-64-v2-AES',
    'kvm64',
    'custom-mine',
    '+aes;-pcid',
    '+aes',
    'q35',
    'pc',
    'pc-q35-8.1',
    'type=q35',
    'std',
    'cputype=host',
  ],
  ...['0b4d9b5c-9c1e-4a39-8d2c-6f3c6d1e2a90', 'VGhpbms=', 'order=3', '7,down=20', 'up=30', 'Europe/Berlin', 'UTC'],
  ...[
    'noatime',
    'nodev;noexec',
    'nfs',
    'nfs;cifs',
    '/bin/app --serve',
    '/sbin/init',
    'A=b',
    'disk,network',
    'cdn',
    'c',
  ],
  ...[
    'memory=512,cpus=0-1',
    'cpus=0',
    'max_bytes=1024,source=/dev/urandom',
    'source=/dev/urandom',
    'size=32',
    'model=i6300esb',
  ],
];

const known = new Map<Schema, readonly string[]>();

function valuesOf(schema: Schema): readonly string[] {
  const limits = [schema.minimum, schema.maximum].flatMap((limit) => (limit === undefined ? [] : [String(limit)]));
  const all = [
    ...(schema.enum ?? []),
    ...limits,
    ...(schema.default === undefined ? [] : [String(schema.default)]),
    ...TEXTS,
  ];
  const values = known.get(schema) ?? all.filter((text) => text !== '' && textProblem(text, schema, 'x') === undefined);
  known.set(schema, values);
  return values;
}

/** Those that people and programs of a guest do not set, and what the files of the tests have anyway. */
const NOT_SET =
  /^(digest|delete|revert|force|skiplock|background_delay|vmid|node|lock|template|parent|snap.*|vmstate|unused\d*|description|hostname|name|memory|rootfs|scsi0|arch|import-working-storage|cipassword|sshkeys)$/;

function optionNames(kind: Kind): string[] {
  return configOptions(kind).flatMap((name) => {
    if (!name.endsWith('[n]')) return [name];
    const stem = name.slice(0, -3);
    const most = placesFor(kind, stem) - 1;
    return [...new Set([0, 1, Math.min(2, most), most])].map((number) => `${stem}${number}`);
  });
}

/** A property string with some of the keys, in any order, the default key with its name or without. */
function propertyString(kind: Kind, option: string, format: string): fc.Arbitrary<string | undefined> {
  const keys = Object.entries(keysOfOption(kind, option) ?? {}).filter(([, { alias }]) => alias === undefined);
  const parts = keys.flatMap(([key, schema]) => {
    const values = valuesOf(schema);
    if (values.length === 0) return [];
    const part = fc
      .tuple(fc.constantFrom(...values), fc.boolean())
      .map(([value, bare]) => (schema.default_key && bare ? value : `${key}=${value}`));
    return [schema.optional ? fc.option(part, { freq: keys.length > 8 ? 1 : 2, nil: undefined }) : part];
  });
  return fc
    .tuple(fc.tuple(...parts), fc.infiniteStream(fc.nat(1000)))
    .map(([made, order]) => {
      const sorted = made
        .filter((part) => part !== undefined)
        .map((part) => ({ part, rank: order.next().value as number }))
        .sort((a, b) => a.rank - b.rank);
      return sorted.map(({ part }) => part).join(',');
    })
    .map((text) =>
      text !== '' && (format === 'pve-startup-order' || readProperties(format, text, option).ok) ? text : undefined,
    );
}

function textOf(kind: Kind, option: string): fc.Arbitrary<string | undefined> {
  const schema = configOption(kind, option);
  if (schema === undefined) return fc.constant(undefined);
  if (schema.format !== undefined && keysOfOption(kind, option) !== undefined)
    return propertyString(kind, option, schema.format);
  const values = valuesOf(schema);
  return values.length === 0 ? fc.constant(undefined) : fc.constantFrom(...values);
}

const LINES: Readonly<Record<Kind, readonly string[]>> = {
  lxc: ['arch: amd64', 'hostname: odd', 'memory: 1024', 'rootfs: rpool:subvol-4001-disk-0,size=8G'],
  qemu: ['name: odd', 'memory: 2048', 'scsi0: rpool:vm-4001-disk-0,size=8G'],
};

const NOTES = ['#What it is for', '#%C3%BCber 100%25', '#', '#- a list', '#line%0Aother', '#\ttab', '#grün 😀'];
const NEWER = ['future_option: 1', 'x-mode: on,off=2'];

export function tableGuest(kind: Kind): fc.Arbitrary<string> {
  const option = fc
    .constantFrom(...optionNames(kind).filter((name) => !NOT_SET.test(name)))
    .chain((name) => textOf(kind, name).map((value) => (value === undefined ? null : `${name}: ${value}`)));
  // Proxmox gives an interface its hardware address when it is set.
  const isWhole = (line: string): boolean => !/^net\d/.test(line) || /[0-9a-f]{2}(:[0-9a-f]{2}){5}/i.test(line);
  const options = fc.array(option, { maxLength: 8 }).map((all) => {
    const byName = new Map(
      all.flatMap((line) => (line !== null && isWhole(line) ? [[line.split(':')[0] ?? '', line] as const] : [])),
    );
    return [...byName.values()];
  });
  return fc
    .record({
      options,
      notes: fc.subarray(NOTES),
      newer: fc.subarray(NEWER, { maxLength: 1 }),
      order: fc.boolean(),
      snapshot: fc.boolean(),
      waiting: options,
      end: fc.constantFrom('\n', '', '\n\n'),
    })
    .map(({ options: own, notes, newer, order, snapshot, waiting, end }) => {
      const lines = [...LINES[kind], ...own, ...newer];
      const main = [
        ...notes,
        ...(order ? lines.toSorted() : lines.toReversed()),
        ...(snapshot ? ['parent: before'] : []),
      ];
      // Proxmox writes these at once (pve-container, PVE/LXC/Config.pm, LXC_FASTPLUG_OPTIONS; qemu-server, PVE/QemuServer.pm, fast_plug_option).
      const later = waiting
        .filter(
          (line) =>
            !/^(description|onboot|startup|protection|hostname|hookscript|cores|tags|lock|name|unused)/.test(line),
        )
        .slice(0, 2);
      return [
        main.join('\n'),
        ...(later.length === 0 ? [] : [`\n[${kind === 'lxc' ? 'pve:pending' : 'PENDING'}]\n${later.join('\n')}`]),
        ...(snapshot ? [`\n[before]\n${[...LINES[kind], ...own].join('\n')}\nsnaptime: 1741358204`] : []),
      ]
        .join('\n')
        .concat(end);
    });
}
