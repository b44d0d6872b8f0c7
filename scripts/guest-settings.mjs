// Regenerates the table of settings in docs/guests.md from their declarations. Run it after a change of one: node scripts/guest-settings.mjs

import { readFile, writeFile } from 'node:fs/promises';
import { settingsPage } from '../src/managers/guest/settings/page.ts';

const page = new URL('../docs/guests.md', import.meta.url);
const text = await readFile(page, 'utf8');
const table = /(<!-- settings -->\n\n)[\s\S]*?(\n\n<!-- end of settings -->)/;
if (!table.test(text)) throw new Error('docs/guests.md has no place for the table of settings');
await writeFile(
  page,
  text.replace(table, (_, start, end) => `${start}${settingsPage()}${end}`),
);
