// The example of docs/develop/new-kind.md, tested like any kind: by the conformance suite, the contract of managers, and its own cases.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { load } from '../../../src/load/load.ts';
import { KINDS, registered } from '../../../src/managers/index.ts';
import type { Target } from '../../../src/model/target.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { environment, type Files, snapshotOf } from '../../load/environment.ts';
import { letThrough } from '../../support/host/guarded-host.ts';
import { openLabHost } from '../../support/host/lab-host.ts';
import { testContract } from '../contract.ts';
import { testKind } from '../kind-conformance.ts';
import { apt } from './manager.ts';
import { APT_FILE } from './schema.ts';

const kind = registered(apt);

// What a line for it in deploy/ssh/table.ts would allow.
letThrough(
  /^:folders \/etc\/apt\/sources\.list\.d$/,
  /^:(file|remove) \/etc\/apt\/sources\.list\.d\/phoenix-[\w.-]+\.sources$/,
  /^:write \/etc\/apt\/sources\.list\.d\/phoenix-[\w.-]+\.sources 0644 {2}(absent|[0-9a-f]{64})$/,
);

const PVE = {
  url: 'http://download.proxmox.com/debian/pve',
  suite: 'trixie',
  components: ['pve-no-subscription'],
  signed_by: '/usr/share/keyrings/proxmox-archive-keyring.gpg',
};

function files(repositories: object): Files {
  return { ...environment(), [APT_FILE]: { repositories } };
}

function read(repositories: object) {
  const options = { strictSecrets: false, secrets: DEFAULT_BOUNDS, kinds: [...KINDS, kind] };
  return load(snapshotOf(files(repositories)), options);
}

function targetOf(own: object): Target {
  const { config } = read({ pve: { ...PVE, ...own } });
  const [target] = config === null ? [] : apt.targets(config);
  if (target === undefined) throw new Error('nothing is declared');
  return target;
}

testKind(kind, { files: files({ pve: PVE, debian: { url: 'https://deb.debian.org/debian', suite: 'trixie' } }) });

const PATH = '/etc/apt/sources.list.d/phoenix-pve.sources';
testContract(kind, [
  {
    name: 'a repository of apt',
    open: () => openLabHost(),
    target: targetOf({}),
    changed: targetOf({ suite: 'bookworm' }),
    state: (host) => host.readFile(PATH),
    foreign: {
      make: (host) => host.write(PATH, 'Types: deb\n'),
      state: (host) => host.readFile(PATH),
      refused: 'is not ours: move it away, or take it over with phoenix adopt apt/pve',
    },
  },
]);

test('a repository that is declared twice is refused at its place', () => {
  const { problems } = read({ pve: PVE, again: { ...PVE, components: ['pve-enterprise'] } });
  expect(problems).toMatchObject([{ code: 'DUPLICATE_NAME', path: '/repositories/again', target: 'apt/again' }]);
});

test('one entry that cannot be read leaves the others readable', () => {
  const { problems, config } = read({ pve: PVE, bad: { url: 'ftp://example.com', suite: 'x' } });
  expect(problems).toMatchObject([{ file: APT_FILE, path: '/repositories/bad/url' }]);
  expect(config).toBeNull();
});

test('the page shows the code as it is', async () => {
  const page = await readFile(new URL('../../../docs/develop/new-kind.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  const sources = ['declared', 'schema', 'read', 'manager'].map((name) => new URL(`${name}.ts`, import.meta.url));
  const code = (await Promise.all(sources.map((source) => readFile(source, 'utf8')))).join('\n');
  expect(blocks.length).toBeGreaterThan(3);
  for (const block of blocks) expect(code).toContain(block);
});
