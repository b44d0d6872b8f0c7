// docs/coverage.md: every option of Proxmox's table is declared in some way, or the page says why not.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type Beside, objectsTable, othersTable, rowsTable } from '../../../src/managers/datacenter/coverage.ts';
import { ROWS } from '../../../src/managers/datacenter/rows.ts';
import { coverageOf, coverageTable, driveKeysTable } from '../../../src/managers/guest/options/coverage.ts';
import { MOUNTS_IN_TABLE } from '../../../src/managers/lxc/passthrough-schema.ts';
import { lxcGuest } from '../../../src/managers/lxc/schema.ts';
import { DRIVES_IN_TABLE, FIRMWARE_IN_TABLE } from '../../../src/managers/vm/drives/drives.ts';
import { vmGuest } from '../../../src/managers/vm/schema.ts';
import { configOptions } from '../../../src/proxmox/parameters/table.ts';

const beside = JSON.parse(
  await readFile(new URL('../../../docs/bpg-provider.json', import.meta.url), 'utf8'),
) as Beside;

test('the page is what the tables say', async () => {
  const page = await readFile(new URL('../../../docs/coverage.md', import.meta.url), 'utf8');
  const tables = [
    ...(['lxc', 'vm'] as const).map((kind) => coverageTable(kind, beside.options[kind])),
    driveKeysTable(MOUNTS_IN_TABLE),
    driveKeysTable(DRIVES_IN_TABLE),
    driveKeysTable(FIRMWARE_IN_TABLE),
    othersTable(beside),
    rowsTable(),
    objectsTable(beside),
  ];
  for (const table of tables) expect(page, 'write it anew with: node scripts/coverage.mjs').toContain(table);
});

test('every row about another program belongs to an existing option or to a kind of the datacenter', () => {
  for (const [kind, of] of [
    ['lxc', 'lxc'],
    ['vm', 'qemu'],
  ] as const)
    expect(Object.keys(beside.options[kind]).filter((option) => !configOptions(of).includes(option))).toEqual([]);
  const kinds = beside.objects.flatMap((one) => one.kinds);
  expect(ROWS.map(({ kind }) => kind).filter((kind) => !kinds.includes(kind))).toEqual([]);
  expect(beside.objects.filter(({ what, theirs }) => what === '' || theirs.includes(''))).toEqual([]);
});

test.each([
  ['lxc', 'lxc', Object.keys(lxcGuest.shape)],
  ['vm', 'qemu', Object.keys(vmGuest.shape)],
] as const)('every option of %s is in it, and every field that is named there is one', (kind, of, fields) => {
  const rows = coverageOf(kind);
  expect(rows.map(({ option }) => option)).toEqual(configOptions(of).toSorted());
  expect(rows.filter(({ declared }) => declared === '')).toEqual([]);
  const named = rows.flatMap(({ declared }) => [...declared.matchAll(/`([a-z_]+)/g)].map(([, field]) => field));
  expect(
    named.filter((field) => field !== 'networks' && field !== 'disks' && !fields.includes(field as never)),
  ).toEqual([]);
});
