// Writes the tables of guests' options in docs/coverage.md anew from Proxmox's table. Run it after a change of that or of a field:
// node scripts/coverage.mjs

import { readFile, writeFile } from 'node:fs/promises';
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
await writeFile(page, text);
