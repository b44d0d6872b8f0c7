// The effects of changing an option while a guest runs, compared with the real programs.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Effect, effectOf, isReadAtStart, type OptionChange } from '../../src/proxmox/guests/option-effects.ts';
import { referencePath } from '../support/reference.ts';
import { type SeenEffect, seenEffects } from './seen-effects.ts';

const REFERENCE = referencePath('proxmox-guest-options.jsonl');

/** Cut from that session: for each option its changes, one of each sort. */
const KEPT = readFileSync(new URL('option-effects.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as SeenEffect);

function differences(rows: readonly SeenEffect[]): string[] {
  return rows.flatMap((row) => {
    const settings = Object.fromEntries(
      Object.entries({ hotplug: row.hotplug, ostype: row.ostype }).filter(
        (pair): pair is [string, string] => pair[1] !== null,
      ),
    );
    const change = { before: row.before ?? undefined, after: row.after ?? undefined };
    const effect = effectOf(row.kind, row.option, change, settings);
    return effect === (row.waits ? 'next start' : 'at once') ? [] : [`${JSON.stringify(row)}\n  known as: ${effect}`];
  });
}

test('changes of options take effect when Proxmox was seen to make them', () => {
  expect(differences(KEPT)).toEqual([]);
});

test.skipIf(REFERENCE === undefined)(
  'every change that the session shows does (skipped: PHOENIX_TEST_REFERENCE names no session)',
  () => {
    const rows = seenEffects(readFileSync(REFERENCE ?? '', 'utf8'));
    const different = differences(rows);
    console.log(`effects of options: ${rows.length - different.length} of ${rows.length} changes alike`);
    expect(different).toEqual([]);
    expect(rows.length).toBeGreaterThan(150);
    const said = new Set(rows.map((row) => JSON.stringify(row)));
    expect(KEPT.filter((row) => !said.has(JSON.stringify(row)))).toEqual([]);
  },
);

// Read in Proxmox's source, where no session shows them.
test.each<[SeenEffect['kind'], string, OptionChange, Record<string, string>, Effect]>([
  ['lxc', 'memory', { before: '512', after: undefined }, {}, 'refused'],
  ['lxc', 'unprivileged', { before: '1', after: '0' }, {}, 'recreate'],
  ['lxc', 'net9', { before: 'name=eth9', after: undefined }, {}, 'at once'],
  ['lxc', 'net10', { before: 'name=eth10', after: undefined }, {}, 'next start'],
  ['lxc', 'net10', { before: undefined, after: 'name=eth10' }, {}, 'at once'],
  ['qemu', 'memory', { before: '512', after: '1024' }, { hotplug: 'memory,cpu' }, 'at once'],
  ['qemu', 'vcpus', { before: '1', after: '2' }, { hotplug: 'cpu' }, 'at once'],
  ['qemu', 'hotplug', { before: 'cpu', after: 'disk' }, { hotplug: 'cpu' }, 'next start'],
  ['qemu', 'hotplug', { before: undefined, after: 'disk,memory' }, {}, 'next start'],
  ['qemu', 'balloon', { before: undefined, after: '512' }, {}, 'at once'],
  ['qemu', 'balloon', { before: '0', after: undefined }, {}, 'next start'],
  ['qemu', 'agent', { before: '1', after: 'enabled=1,fstrim_cloned_disks=1' }, {}, 'at once'],
  ['qemu', 'agent', { before: undefined, after: '1' }, {}, 'next start'],
  ['qemu', 'usb0', { before: undefined, after: 'host=1-2' }, { ostype: 'other' }, 'next start'],
  ['qemu', 'usb0', { before: undefined, after: 'host=1-2' }, { ostype: 'win10', hotplug: 'disk' }, 'next start'],
  ['qemu', 'tablet', { before: '1', after: '0' }, { hotplug: '0' }, 'next start'],
  [
    'qemu',
    'net0',
    { before: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr0', after: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr1,tag=5' },
    { hotplug: '0' },
    'at once',
  ],
  [
    'qemu',
    'net0',
    { before: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr0', after: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr0,queues=4' },
    { hotplug: '0' },
    'next start',
  ],
  ['qemu', 'scsi1', { before: undefined, after: 'rpool:vm-1-disk-1' }, { hotplug: 'network' }, 'next start'],
  ['qemu', 'scsi1', { before: 'rpool:vm-1-disk-1', after: 'rpool:vm-1-disk-1,cache=none' }, {}, 'next start'],
  [
    'qemu',
    'scsi1',
    { before: 'rpool:vm-1-disk-1', after: 'rpool:vm-1-disk-1,backup=0,mbps_rd=5' },
    { hotplug: '0' },
    'at once',
  ],
  ['qemu', 'sata1', { before: 'none,media=cdrom', after: 'local:iso/a.iso,media=cdrom' }, {}, 'at once'],
  ['qemu', 'newer-than-the-table', { before: undefined, after: '1' }, {}, 'next start'],
])('%s %s %j with %j: %s', (kind, option, change, settings, effect) => {
  expect(effectOf(kind, option, change, settings)).toBe(effect);
});

// Read in Proxmox's source: a session shows only that nothing waits in the file.
test.each<[string, string | undefined, string | undefined, boolean]>([
  ['scsi1', 'rpool:d', 'rpool:d,serial=a', true],
  ['sata1', 'rpool:d,werror=stop', 'rpool:d,werror=report', true],
  ['scsi1', 'rpool:d', 'rpool:d,backup=0,iops=9,iops_max_length=3,mbps_rd=5,replicate=0,shared=1', false],
  ['scsi1', 'rpool:d', 'rpool:other,serial=a', false],
  ['scsi1', undefined, 'rpool:d,serial=a', false],
  ['ide2', 'none,media=cdrom', 'local:iso/a.iso,media=cdrom', false],
  ['ide2', 'none,media=cdrom', 'local:iso/a.iso,media=cdrom,cache=unsafe', true],
  ['net0', 'virtio,bridge=vmbr0', 'virtio,bridge=vmbr1', false],
])('%s from %s to %s is stored at once and read at the start: %s', (option, before, after, isRead) => {
  expect(isReadAtStart('qemu', option, { before, after })).toBe(isRead);
});
