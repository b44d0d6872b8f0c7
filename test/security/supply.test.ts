// Installed packages are the reviewed ones: the lock files contain a checksum of every package, whatever its source and platform.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const REGISTRY = 'https://registry.npmjs.org/';
/** SHA-512 in base64: 64 bytes. */
const DIGEST = /^sha512-[A-Za-z0-9+/]{86}==$/;

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  /** A folder of this repository; its content is under review itself. */
  readonly link?: boolean;
}

interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Entry>>;
}

const locks = execFileSync('git', ['ls-files', '-z'], { cwd: TOP, encoding: 'utf8' })
  .split('\0')
  .filter((file) => basename(file) === 'package-lock.json');

/** Entries that are installed from elsewhere, or without a digest of their content. */
function unheld({ packages }: Lock): string[] {
  return Object.entries(packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .filter(([, { integrity }]) => !DIGEST.test(integrity ?? ''))
    .map(([path, { version }]) => `${path}@${version}`);
}

/** Addresses that are not the registry's: Git, archives, another server. */
function elsewhere({ packages }: Lock): string[] {
  return Object.values(packages)
    .filter(({ link, resolved }) => link !== true && resolved !== undefined && !resolved.startsWith(REGISTRY))
    .map(({ resolved }) => String(resolved));
}

test('there are lock files', () => {
  expect(locks).toContain('package-lock.json');
});

describe.each(locks)('%s', (file) => {
  const lock = JSON.parse(readFileSync(join(TOP, file), 'utf8')) as Lock;

  test('has a digest for every package, those of other platforms included', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    expect(unheld(lock)).toEqual([]);
  });

  test('takes packages from the registry only', () => {
    expect(elsewhere(lock)).toEqual([]);
  });
});

test('an entry without a digest, with a weak one, or from elsewhere is found', () => {
  const integrity = `sha512-${'A'.repeat(86)}==`;
  const packages = {
    '': {},
    lab: { version: '1.0.0' },
    'node_modules/lab': { link: true },
    'node_modules/good': { version: '1.0.0', integrity, resolved: `${REGISTRY}good/-/good-1.0.0.tgz` },
    'node_modules/none': { version: '1.0.0' },
    'node_modules/weak': { version: '1.0.0', integrity: `sha1-${'A'.repeat(27)}=` },
    'node_modules/good/node_modules/git': {
      version: '1.0.0',
      integrity,
      resolved: 'git+ssh://git@github.com/a/b.git#c',
    },
  };
  expect(unheld({ lockfileVersion: 3, packages })).toEqual(['node_modules/none@1.0.0', 'node_modules/weak@1.0.0']);
  expect(elsewhere({ lockfileVersion: 3, packages })).toEqual(['git+ssh://git@github.com/a/b.git#c']);
});
