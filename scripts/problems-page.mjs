// Writes docs/problems.md from the explanations of problem codes. Run it after a change of one: node scripts/problems-page.mjs

import { writeFile } from 'node:fs/promises';
import { problemsPage } from '../src/messages/problems/problems-page.ts';

await writeFile(new URL('../docs/problems.md', import.meta.url), problemsPage());
