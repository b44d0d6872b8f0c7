// NFS exports: exportfs accepts a change before it is written, and folders and exports of people stay as they are.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NfsExport } from '../../../../src/managers/hypervisor/declared.ts';
import { type Export, exportsText, readExports } from '../../../../src/managers/hypervisor/nfs/exports.ts';
import { isNfsClient } from '../../../../src/managers/hypervisor/nfs/option.ts';
import { exportOptions, sameOptions } from '../../../../src/managers/hypervisor/nfs/options.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { environment, gone, machine, wanted } from '../../guests.ts';
import { manager, partOf, withHost } from '../host.ts';

const OWN = '/etc/exports.d/phoenix.exports';
const TABLE = '/var/lib/nfs/etab';
const RW = ['rw', 'sync', 'no_subtree_check'];
const dataset = { writtenAt: { file: '', path: '' }, pool: 'tank', name: 'data', properties: {}, quotaGb: null };
const datasets = [{ ...dataset, storageType: null, contents: [], contentsAreNamed: false }];
const zfs = { arcMaxGb: null, pools: [], datasets, allowDestructive: false };
const two = [
  { path: '/tank/data/1001', clients: ['10.0.0.111'], options: RW },
  { path: '/tank/data/1002', clients: ['10.0.0.102', '10.0.0.103'], options: RW },
];
const target = declared(two);

function declared(nfsExports: readonly NfsExport[]): Target {
  return partOf(withHost({ zfs, nfsExports }), 'nfs');
}

async function withDataset(): Promise<LabHost> {
  const host = await openLabHost();
  await mkdir(join(host.dir, 'tank/data'), { recursive: true });
  return host;
}

async function exported(host: LabHost): Promise<string[]> {
  const text = (await host.readFile(TABLE)) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

testContract(manager, [
  {
    name: 'hypervisor/nfs',
    open: withDataset,
    target,
    changed: declared([{ path: '/tank/data/1001', clients: ['10.0.0.112'], options: ['ro', 'no_root_squash'] }]),
    state: async (host) => [await exported(host), await host.readFile(OWN)],
    // The state of the services, and the time zone of the other section.
    looks: 2,
    foreign: {
      async make(host) {
        await host.write('/etc/exports', '/srv/music *(ro)\n');
        await host.write(TABLE, '/srv/music\t*(ro,sync)\n');
      },
      state: async (host) => [
        await host.readFile('/etc/exports'),
        (await exported(host)).filter((line) => line.startsWith('/srv/music')),
      ],
    },
  },
]);

describe('a client by name', () => {
  const share = (client: string) => declared([{ path: '/tank/data/1001', clients: [client], options: RW }]);

  test('that does not resolve fails the step, and is not written for the next start either', async () => {
    const host = await withDataset();
    try {
      await convergeStep(manager, host, wanted(target));
      const before = await host.readFile(OWN);
      const end = await convergeStep(manager, host, wanted(share('nosuch.example'), { before: target.spec }));
      expect(end).toMatchObject({ outcome: 'failed' });
      expect(end).toHaveProperty('reason', expect.stringContaining('exportfs: Failed to resolve nosuch.example'));
      expect(await host.readFile(OWN)).toBe(before);

      await host.write('/etc/hosts', '10.0.0.77 nosuch.example\n');
      expect(await convergeStep(manager, host, wanted(share('nosuch.example')))).toMatchObject({ outcome: 'done' });
      expect(await exported(host)).toEqual([expect.stringMatching(/^\/tank\/data\/1001\tnosuch\.example\(rw,/)]);
    } finally {
      await host.close();
    }
  });

  test.each([
    '10.0.0.300',
    '10.0.0',
    '10.0.0.0/99',
    '10.0.0.0/255.255.255.999',
    'fd00::/200',
    'web/24',
    'a:b',
    '10.0.0.0/8/8',
    '-a.example',
    'a..b',
  ])('%s is refused: exportfs would take it for a name, or for nothing', (client) => {
    expect(isNfsClient(client)).toBe(false);
  });

  test.each([
    '10.0.0.1',
    '10.0.0.7/24',
    '10.0.0.0/255.255.255.0',
    'fd00::1',
    'fd00::/64',
    '*',
    '*.example.com',
    'web-[0-9].example.com',
    '@trusted',
    'web_1.example.com',
    'nas',
  ])('%s is a client', (client) => {
    expect(isNfsClient(client)).toBe(true);
  });
});

describe('existing exports', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await withDataset();
    expect(await convergeStep(manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
  });
  afterAll(() => host.close());

  test('only the changed one is exported again', async () => {
    const nfsExports = [two[0], { ...two[1], options: ['ro'] }] as typeof two;
    const changed = wanted(declared(nfsExports), { before: target.spec });
    host.forget();
    expect(await convergeStep(manager, host, changed)).toMatchObject({ outcome: 'done' });
    expect(host.commands.filter((line) => line.startsWith('exportfs'))).toEqual([
      'exportfs -i -o ro 10.0.0.102:/tank/data/1002',
      'exportfs -i -o ro 10.0.0.103:/tank/data/1002',
    ]);
    await convergeStep(manager, host, wanted(target));
  });

  test('an export that somebody withdrew comes back', async () => {
    const [first, ...rest] = await exported(host);
    await host.write(TABLE, `${rest.join('\n')}\n`);
    const end = await convergeStep(manager, host, wanted(target));
    expect(end.actions.map(({ summary }) => summary)).toEqual(['export /tank/data/1001 to 10.0.0.111']);
    expect(await exported(host)).toContain(first);
  });

  test('a folder outside the datasets must be there already', async () => {
    const nfsExports = [{ path: '/mnt/usb/share', clients: ['10.0.0.9'], options: RW }];
    const end = await convergeStep(manager, host, wanted(declared(nfsExports)));
    expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining('/mnt/usb/share') });
  });

  test('an export that people made is theirs', async () => {
    await host.write('/etc/exports', '/tank/data/1001 10.0.0.111(ro)\n');
    const end = await convergeStep(manager, host, wanted(target));
    expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('/etc/exports') });
    await convergeStep(manager, host, gone(target));
    expect((await exported(host)).map((line) => line.split('\t')[0])).toEqual(['/tank/data/1001']);
  });
});

test('folders that VMs mount are created before, with their owners on the host', async () => {
  const volume = { name: 'data', server: '10.0.0.13', mountPoint: '/data' };
  const vm = machine(1001, {
    volumes: [
      { ...volume, path: '/tank/data/1001/web' },
      { ...volume, path: '/elsewhere/1001', server: '10.0.0.99' },
    ],
  });
  const network = { ...environment().hypervisor.network, address: '10.0.0.13/24' };
  const config = withHost({ zfs, nfsExports: two, network }, environment(vm));
  const host = await withDataset();
  const end = await convergeStep(manager, host, wanted(partOf(config, 'nfs')));
  expect(end).toMatchObject({ outcome: 'done' });
  const made = end.actions.flatMap(({ do: what }) => (what.kind === 'folder' ? [`${what.path} ${what.uid}`] : []));
  expect(made).toEqual(['/tank/data/1001 65534', '/tank/data/1001/web 65534', '/tank/data/1002 65534']);
  await host.close();
});

test('an option that NFS does not know is reported before anything is written', async () => {
  const nfsExports = [{ path: '/tank/data', clients: ['10.0.0.9'], options: ['rw', 'fast'] }];
  const host = await withDataset();
  const end = await convergeStep(manager, host, wanted(declared(nfsExports)));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('fast'), actions: [] });
  await host.close();
});

test('exports are parsed as they were written, whatever the names of their folders', () => {
  const one: fc.Arbitrary<Export> = fc.record({
    path: fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\0/]/.test(text))
      .map((text) => `/${text}`),
    client: fc.constantFrom('10.0.0.1', '10.0.0.0/24', '*', 'web.example.internal'),
    options: fc.subarray(RW, { minLength: 1 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: ({ path }) => path }), (exports) => {
      expect(readExports(exportsText(exports))).toEqual(exports);
    }),
  );
});

test('options are the same with and without their defaults', () => {
  expect(sameOptions(exportOptions(['rw']), exportOptions(['rw', 'sync', 'root_squash', 'sec=sys']))).toBe(true);
  expect(sameOptions(exportOptions(['rw']), exportOptions(['rw', 'no_root_squash']))).toBe(false);
});

// Written by exportfs of nfs-utils 2.6.2 for the declaration next to it.
test.for([
  ['10.0.0.0/24', ['rw', 'sync', 'no_subtree_check'], 'rw', 'root_squash', 'no_all_squash', '', '65534'],
  ['fd00::/64', ['rw', 'all_squash', 'anonuid=5', 'fsid=3'], 'rw', 'root_squash', 'all_squash', 'fsid=3,', '5'],
  ['localhost', ['no_root_squash'], 'ro', 'no_root_squash', 'no_all_squash', '', '65534'],
] as const)(
  'what the kernel was told for %s is known as what was declared',
  ([client, declared, mode, root, all, fsid, uid]) => {
    const told = `${mode},sync,wdelay,hide,nocrossmnt,secure,${root},${all},no_subtree_check,secure_locks,acl,no_pnfs,${fsid}anonuid=${uid},anongid=65534,sec=sys,${mode},${root},${all}`;
    const [read] = readExports(`/srv/b\\040c\t${client}(${told})\n`);
    expect(read).toMatchObject({ path: '/srv/b c', client });
    expect(sameOptions(exportOptions(read?.options ?? []), exportOptions(declared))).toBe(true);
  },
);
