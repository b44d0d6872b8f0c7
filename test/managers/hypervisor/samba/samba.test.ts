// Samba shares: a configuration that Samba refuses never replaces the running one.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Hypervisor } from '../../../../src/managers/hypervisor/declared.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { wanted } from '../../guests.ts';
import { manager, partOf, withHost } from '../host.ts';

type Share = NonNullable<Hypervisor['samba']>['shares'][number];

const music: Share = {
  name: 'music',
  path: '/tank/data/music',
  validUsers: ['heads'],
  browsable: true,
  readOnly: false,
  guestOk: false,
};
const THEIRS = '[global]\n   workgroup = HOME\n\n[attic]\n   path = /srv/attic';

function declared(...shares: readonly Share[]): Target {
  const dataset = { writtenAt: { file: '', path: '' }, pool: 'tank', name: 'data', properties: {}, quotaGb: null };
  const datasets = [{ ...dataset, storageType: null, contents: [], contentsAreNamed: false }];
  const zfs = { arcMaxGb: null, pools: [], datasets, allowDestructive: false };
  return partOf(withHost({ zfs, samba: { user: 'heads', shares } }), 'samba');
}

async function withUser(): Promise<LabHost> {
  const host = await openLabHost();
  await mkdir(join(host.dir, 'tank/data'), { recursive: true });
  await host.run({ kind: 'command', program: 'useradd', args: ['-m', 'heads'], timeoutSeconds: 5 });
  return host;
}

const settings = (host: LabHost) =>
  Promise.all(['/etc/samba/smb.conf', '/etc/samba/phoenix.conf'].map((path) => host.readFile(path)));

testContract(manager, [
  {
    name: 'hypervisor/samba',
    open: withUser,
    target: declared(music),
    changed: declared({ ...music, readOnly: true, guestOk: true, validUsers: [] }, { ...music, name: 'films' }),
    state: settings,
    // The state of all services, and the clock.
    looks: 2,
    foreign: {
      make: (host) => host.write('/etc/samba/smb.conf', `${THEIRS}\n`),
      state: async (host) => (await host.read('/etc/samba/smb.conf')).startsWith(THEIRS),
    },
  },
]);

describe('shares that cannot be as they are declared', () => {
  const cases = [
    ['one that people have made', { ...music, name: 'Attic' }, '/etc/samba/smb.conf has a share'],
    ['one of a folder that nothing brings', { ...music, path: '/mnt/usb' }, '/mnt/usb'],
    ['one that is called like the settings', { ...music, name: 'global' }, 'global'],
    ['one whose path would be replaced', { ...music, path: '/tank/data/%U' }, 'path of share'],
  ] as const;
  test.for(cases)('%s', async ([, share, reason]) => {
    const host = await withUser();
    await host.run({ kind: 'command', program: 'apt-get', args: ['-y', 'install', 'samba'], timeoutSeconds: 5 });
    await host.write('/etc/samba/smb.conf', `${THEIRS}\n`);
    const end = await convergeStep(manager, host, wanted(declared(share)));
    expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining(reason) });
    await host.close();
  });
});

test('a file that testparm rejects replaces nothing, and the running Samba continues', async () => {
  const host = await withUser();
  await convergeStep(manager, host, wanted(declared(music)));
  const before = await settings(host);
  host.instead = (line) => (line.startsWith('testparm') ? { exit: 1, stderr: 'error' } : undefined);
  const changed = await convergeStep(manager, host, wanted(declared({ ...music, readOnly: true })));
  expect(changed).toMatchObject({ outcome: 'failed' });
  expect(await settings(host)).toEqual(before);
  host.instead = () => undefined;
  expect(await convergeStep(manager, host, wanted(declared({ ...music, readOnly: true })))).toMatchObject({
    outcome: 'done',
  });
  await host.close();
});

test('a missing account is reported with how to create it', async () => {
  const host = await openLabHost();
  const end = await convergeStep(manager, host, wanted(declared(music)));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('smbpasswd -a heads') });
  await host.close();
});
