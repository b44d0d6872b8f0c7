// The features that Phoenix ships: identified by their content, listed for the configuration, and readable by any shell.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SHIPPED } from '../../../../src/managers/guest/scripts/shipped.ts';
import { SHIPPED_FEATURES } from '../../../../src/managers/guest/shipped-features.ts';

/** What guests get from fields of their own instead of by name. */
const INTERNAL = ['nfs_volumes', 'template_cleanup', 'user_password'];

const folder = new URL('../../../../etc/features/', import.meta.url);
const names = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/install.sh`, folder)));

test('each is known by the content that it has', () => {
  const digests = names.map((name) => {
    const path = `etc/features/${name}/install.sh`;
    const content = readFileSync(new URL(`${name}/install.sh`, folder));
    return [path, createHash('sha256').update(content).digest('hex')];
  });
  expect(SHIPPED).toEqual(Object.fromEntries(digests));
});

test('the configuration knows each by its name', () => {
  expect([...SHIPPED_FEATURES].sort()).toEqual(names.filter((name) => !INTERNAL.includes(name)).sort());
});

test.each(names)('%s is a script that a plain shell can read', (name) => {
  const path = new URL(`${name}/install.sh`, folder).pathname;
  execFileSync('sh', ['-n', path]);
  expect(readFileSync(path, 'utf8')).toMatch(/^#!\/bin\/sh\n# /);
  expect(statSync(path).mode & 0o111).not.toBe(0);
});
