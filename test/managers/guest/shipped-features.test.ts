// The features that the schema offers are those that Phoenix ships.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SHIPPED_FEATURES } from '../../../src/managers/guest/shipped-features.ts';

/** Scripts that Phoenix runs by itself for other fields; they are no features that a guest may name. */
const OWN = ['nfs_volumes', 'template_cleanup', 'user_password'];

test('the features that a guest may name are those that are shipped', () => {
  const folder = join(import.meta.dirname, '../../../etc/features');
  const shipped = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const scripts = shipped
    .filter(({ name }) => readdirSync(join(folder, name)).includes('install.sh'))
    .map(({ name }) => name);
  expect(scripts.filter((name) => !OWN.includes(name)).sort()).toEqual([...SHIPPED_FEATURES].sort());
});
