// Writes docs/reference from the schemas of the config files. Run it after a change of a field: node scripts/reference.mjs

import { mkdir, writeFile } from 'node:fs/promises';
import { SCHEMA_NAMES } from '../src/load/json-schema.ts';
import { referencePages } from '../src/load/reference.ts';

const folder = new URL('../docs/reference/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, page] of referencePages(SCHEMA_NAMES)) await writeFile(new URL(`${name}.md`, folder), page);
