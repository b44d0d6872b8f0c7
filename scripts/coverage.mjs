// Regenerates the tables of docs/coverage.md from Proxmox's table, the rows of the datacenter and docs/bpg-provider.json. Run it after a change of
// one of them or of a field: node scripts/coverage.mjs

import { readFile, writeFile } from 'node:fs/promises';
import { objectsTable, othersTable, rowsTable } from '../src/managers/datacenter/coverage.ts';
import { coverageTable, driveKeysTable } from '../src/managers/guest/options/coverage.ts';
import { MOUNTS_IN_TABLE } from '../src/managers/lxc/passthrough-schema.ts';
import { DRIVES_IN_TABLE, FIRMWARE_IN_TABLE } from '../src/managers/vm/drives/drives.ts';

const page = new URL('../docs/coverage.md', import.meta.url);
const beside = JSON.parse(await readFile(new URL('../docs/bpg-provider.json', import.meta.url), 'utf8'));
const tables = {
  'options of pct': coverageTable('lxc', beside.options.lxc),
  'options of qm': coverageTable('vm', beside.options.vm),
  'keys of mounts': driveKeysTable(MOUNTS_IN_TABLE),
  'keys of drives': driveKeysTable(DRIVES_IN_TABLE),
  'keys of drives for firmware': driveKeysTable(FIRMWARE_IN_TABLE),
  'what else guests have': othersTable(beside),
  'fields of the datacenter': rowsTable(),
  'objects of a datacenter': objectsTable(beside),
};
let text = await readFile(page, 'utf8');
for (const [mark, content] of Object.entries(tables)) {
  const table = new RegExp(`(<!-- ${mark} -->\\n\\n)[\\s\\S]*?(\\n\\n<!-- end of ${mark} -->)`);
  if (!table.test(text)) throw new Error(`docs/coverage.md has no place for ${mark}`);
  text = text.replace(table, (_, start, end) => `${start}${content}${end}`);
}
await writeFile(page, text);
