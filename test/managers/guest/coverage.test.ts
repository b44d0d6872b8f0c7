// docs/coverage.md: every option of Proxmox's table is declared in some way, or the page says why not.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { objectsTable } from '../../../src/managers/datacenter/coverage.ts';
import { coverageOf, coverageTable } from '../../../src/managers/guest/options/coverage.ts';
import { lxcGuest } from '../../../src/managers/lxc/schema.ts';
import { vmGuest } from '../../../src/managers/vm/schema.ts';
import { configOptions } from '../../../src/proxmox/table.ts';

test('the page is what the tables say', async () => {
  const page = await readFile(new URL('../../../docs/coverage.md', import.meta.url), 'utf8');
  const tables = [coverageTable('lxc'), coverageTable('vm'), objectsTable()];
  for (const table of tables) expect(page, 'write it anew with: node scripts/coverage.mjs').toContain(table);
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
