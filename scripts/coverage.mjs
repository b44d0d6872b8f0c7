// Writes the tables of docs/coverage.md anew, of guests' options and of objects, from Proxmox's table. Run it after a change of that or of a field:
// node scripts/coverage.mjs

import { readFile, writeFile } from 'node:fs/promises';
import { objectsTable } from '../src/managers/datacenter/coverage.ts';
import { coverageTable } from '../src/managers/guest/options/coverage.ts';

const page = new URL('../docs/coverage.md', import.meta.url);
let text = await readFile(page, 'utf8');
for (const [mark, kind] of [
  ['pct', 'lxc'],
  ['qm', 'vm'],
]) {
  const table = new RegExp(`(<!-- options of ${mark} -->\\n\\n)[\\s\\S]*?(\\n\\n<!-- end of options of ${mark} -->)`);
  if (!table.test(text)) throw new Error(`docs/coverage.md has no place for the options of ${mark}`);
  text = text.replace(table, (_, start, end) => `${start}${coverageTable(kind)}${end}`);
}
const objects = /(<!-- objects -->\n\n)[\s\S]*?(\n\n<!-- end of objects -->)/;
if (!objects.test(text)) throw new Error('docs/coverage.md has no place for objects');
text = text.replace(objects, (_, start, end) => `${start}${objectsTable()}${end}`);
await writeFile(page, text);
