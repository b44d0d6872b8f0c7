// Property strings: printing and parsing are inverse, in Proxmox's order and units.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDrive } from '../../src/proxmox/machine/read-drive.ts';
import { parsePropertyString, printPropertyString } from '../../src/proxmox/parameters/property-string.ts';
import { parseSize } from '../../src/proxmox/storages/sizes.ts';

const byte = fc.integer({ min: 0, max: 255 }).map((value) => value.toString(16).padStart(2, '0'));
const mac = fc.tuple(byte, byte, byte).map((bytes) => `52:54:00:${bytes.join(':')}`);
const flag = fc.constantFrom('0', '1');
const network = fc.record(
  {
    name: fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/),
    bridge: fc.constantFrom('vmbr0', 'vmbr1'),
    hwaddr: mac,
    firewall: flag,
    tag: fc.integer({ min: 1, max: 4094 }).map(String),
    ip: fc.constantFrom('dhcp', 'manual', '10.0.0.5/24'),
  },
  { requiredKeys: ['name'], noNullPrototype: true },
);

test('a network of a container reads back as it was printed', () => {
  fc.assert(
    fc.property(network, (properties) => {
      const read = parsePropertyString('lxc/net', printPropertyString('lxc/net', properties));
      expect(read).toEqual({ ok: true, properties });
    }),
  );
});

test('a network of a machine carries its address at its model', () => {
  const read = parsePropertyString('qemu/net', 'bridge=vmbr0,virtio=52:54:00:00:00:01,firewall=on');
  expect(read).toEqual({
    ok: true,
    properties: { bridge: 'vmbr0', model: 'virtio', macaddr: '52:54:00:00:00:01', firewall: '1' },
  });
  expect(read.ok && printPropertyString('qemu/net', read.properties)).toBe(
    'virtio=52:54:00:00:00:01,bridge=vmbr0,firewall=1',
  );
});

test('the default key comes first and bare, then required ones, then the rest by name', () => {
  const properties = {
    ro: '1',
    mp: '/data',
    volume: 'rpool:subvol-1-disk-0',
    backup: '0',
    size: String(8 * 1024 ** 3),
  };
  expect(printPropertyString('lxc/mp', properties)).toBe('rpool:subvol-1-disk-0,mp=/data,backup=0,ro=1,size=8G');
});

test('sizes are printed in the largest unit that keeps them whole', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 44 }), (bytes) => {
      const [, printed = ''] =
        /size=(.*)$/.exec(printPropertyString('lxc/rootfs', { volume: 'rpool:x', size: String(bytes) })) ?? [];
      expect(parseSize(printed)).toBe(bytes);
      expect(Number.parseInt(printed, 10) % 1024 === 0 && !printed.endsWith('T')).toBe(false);
    }),
  );
});

test('a refusal names each property under its option', () => {
  expect(parsePropertyString('lxc/net', 'bridge=vm br,tag=0', 'net3')).toEqual({
    ok: false,
    errors: [
      'format error',
      'net3.bridge: value does not match the regex pattern',
      'net3.name: property is missing and it is not optional',
      'net3.tag: value must have a minimum value of 1',
    ],
  });
});

test.each([
  [{ bps: '5' }, { mbps: '0.000' }],
  [
    { bps_rd: '5', iops: '9' },
    { mbps_rd: '0.000', iops: '9' },
  ],
  [
    { mbps: '0', mbps_rd: '3' },
    { mbps: '0', mbps_rd: '3' },
  ],
  [{ bps: '5', mbps_rd: '3' }, []],
  [{ bps: '5', mbps: '5' }, ['both bps and mbps specified']],
  [{ bps_max_length: '2', mbps: '5' }, ['bps_max_length requires mbps_max']],
  [{ media: 'cdrom', format: 'raw' }, []],
])('a drive with %j is kept or refused as Proxmox does', (written, expected) => {
  const read = readDrive('scsi0', written);
  expect(read.ok ? read.properties : read.complaints).toEqual(expected);
});
