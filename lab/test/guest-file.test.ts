// The two file formats of guests: what is written is read back, and what Proxmox tolerates is tolerated alike.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONG_TEST } from '../../test/support/long.ts';
import {
  decodeText,
  encodeText,
  type GuestFile,
  type Options,
  parseGuestFile,
  printGuestFile,
  type Section,
} from '../src/proxmox/guest/file.ts';

const optionsOf = (kind: 'lxc' | 'qemu'): fc.Arbitrary<Options> => {
  const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const description = fc.array(
    fc.string({ unit: 'grapheme', minLength: 1 }).map((line) => `x${line.replaceAll(/[\r\n]/g, '')}x`),
    { minLength: 1, maxLength: 3 },
  );
  const shared = {
    description: description.map((lines) => (kind === 'lxc' ? `${lines.join('\n')}\n` : lines.join('\n'))),
    onboot: fc.constantFrom('0', '1'),
    cores: fc.integer({ min: 1, max: 64 }).map(String),
    tags: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).map((tags) => tags.join(';')),
    startup: fc.integer({ min: 1, max: 9 }).map((order) => `order=${order}`),
  };
  const own: Record<string, fc.Arbitrary<string>> = kind === 'lxc'
    ? {
        hostname: name,
        memory: fc.integer({ min: 16, max: 99999 }).map(String),
        rootfs: fc.integer({ min: 1, max: 99 }).map((size) => `local-lvm:vm-101-disk-0,size=${size}G`),
        net0: fc.constant('name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth'),
        unused0: fc.constant('local-lvm:vm-101-disk-7'),
      }
    : {
        name,
        memory: fc.integer({ min: 16, max: 99999 }).map(String),
        scsi0: fc.integer({ min: 1, max: 99 }).map((size) => `local-lvm:vm-9000-disk-0,discard=on,size=${size}G`),
        ide2: fc.constant('local-lvm:vm-9000-cloudinit,media=cdrom'),
        net0: fc.constant('virtio=BC:24:11:00:00:01,bridge=vmbr0'),
        args: fc.constant('-cpu host,kvm=off'),
      };
  return fc.record({ ...shared, ...own }, { requiredKeys: [] }) as fc.Arbitrary<Options>;
};

const sectionOf = (kind: 'lxc' | 'qemu'): fc.Arbitrary<Section> => {
  const raw = fc.constantFrom<[string, string]>(
    ['lxc.apparmor.profile', 'unconfined'],
    ['lxc.idmap', 'u 0 100000 65536'],
    ['lxc.cgroup2.devices.allow', 'c 195:* rwm'],
  );
  return fc.record({
    options: optionsOf(kind),
    raw: kind === 'lxc' ? fc.array(raw, { maxLength: 3 }) : fc.constant([]),
  });
};

const fileOf = (kind: 'lxc' | 'qemu'): fc.Arbitrary<Omit<GuestFile, 'digest'>> =>
  fc
    .record({
      main: sectionOf(kind),
      pending: optionsOf(kind).map(({ description: _, ...options }) => ({ options, raw: [] })),
      snapshots: fc.dictionary(fc.stringMatching(/^snap[a-z0-9_-]{1,6}$/), sectionOf(kind), { maxKeys: 2 }),
    })
    .map(({ main, pending, snapshots }) => ({ ...main, pending, snapshots: { ...snapshots }, special: {} }));

describe.each(['lxc', 'qemu'] as const)('%s', (kind) => {
  test('what is printed is read back as it was', () => {
    fc.assert(
      fc.property(fileOf(kind), (file) => {
        const text = printGuestFile(kind, { ...file, digest: '' });
        const { file: read, warnings } = parseGuestFile(kind, 101, text);
        expect(warnings).toEqual([]);
        expect({ ...read, digest: '' }).toEqual({ ...file, digest: '' });
        expect(printGuestFile(kind, read)).toBe(text);
      }),
    );
  });

  test('any text is read without an exception, and what is kept of it is stable', LONG_TEST, () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '[snap]',
        '[PENDING]',
        '[pve:pending]',
        'memory: abc',
        'net0: foo',
        'delete: x',
        '#a%',
        'lxc.x = 1',
        'cores: 2',
      ),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const once = printGuestFile(kind, parseGuestFile(kind, 101, lines.join('\n')).file);
        expect(printGuestFile(kind, parseGuestFile(kind, 101, once).file)).toBe(once);
      }),
    );
  });
});

test('descriptions are percent-encoded as Proxmox does', () => {
  expect(encodeText('line two: 50% ü')).toBe('line two%3A 50%25 %C3%BC');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeText(encodeText(text))).toBe(text);
    }),
  );
});

test('a container keeps bad values with a warning, and loses raw lines that are not allowed', () => {
  const text =
    'arch: amd64\nbogus: 1\nmemory: abc\nhostname: x_y\nnet0: foo\nlxc.apparmor.profile: unconfined\nlxc.foo = bar\ntags: a\n';
  const { file, warnings } = parseGuestFile('lxc', 150, text);
  expect(warnings).toEqual([
    "vm 150 - unable to parse value of 'bogus' - unknown setting 'bogus'",
    "vm 150 - unable to parse value of 'memory' - type check ('integer') failed - got 'abc'",
    "vm 150 - unable to parse value of 'hostname' - value does not look like a valid DNS name",
    "vm 150 - unable to parse value of 'net0' - value without key, but schema does not define a default key",
    'vm 150 - unable to parse config: lxc.foo = bar',
  ]);
  expect(printGuestFile('lxc', file)).toBe(
    'arch: amd64\nbogus: 1\nhostname: x_y\nmemory: abc\nnet0: foo\ntags: a\nlxc.apparmor.profile: unconfined\n',
  );
});

test('a machine loses bad values with a warning', () => {
  const { file, warnings } = parseGuestFile(
    'qemu',
    9,
    'name: a\nbogus: 1\ncores: many\nmemory: 512\n[what is this]\nname: b\n',
  );
  expect(warnings).toEqual([
    "vm 9 - unable to parse value of 'bogus' - unknown setting 'bogus'",
    "vm 9 - unable to parse value of 'cores' - type check ('integer') failed - got 'many'",
    "vm 9 - skipping unknown section: 'what is this'",
  ]);
  expect(printGuestFile('qemu', file)).toBe('memory: 512\nname: a\n');
});

test('environment variables of a container are lines of their own', () => {
  const text = 'hostname: a\nlxc.environment.runtime: A=1\nlxc.environment.runtime: B=2\nlxc.init.cmd: /init\n';
  const { file } = parseGuestFile('lxc', 101, text);
  expect(file.options['env']).toBe('A=1\0B=2');
  expect(printGuestFile('lxc', file)).toBe(text);
});
