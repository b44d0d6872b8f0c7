// A configuration as the pages show it: the reference environment, and an entry with secrets.

import { expect, test } from 'vitest';
import type { Config } from '../../src/managers/config.ts';
import { environmentOf } from '../../src/managers/environment.ts';
import { writtenFields } from '../../src/managers/written-fields.ts';
import type { BlobId } from '../../src/model/ids.ts';
import { loadFiles } from '../load/environment.ts';
import { repositoryFiles } from '../support/repository-files.ts';

test('the reference environment has its guests, the ways of its names, what is signed and what runs where', () => {
  const { config } = loadFiles(repositoryFiles());
  const { guests, services, ...others } = environmentOf(config as Config, 'c');
  expect(others).toEqual({
    ...{ commit: 'c', gateway: 'lxc/101', proxy: 'lxc/102', authority: 'lxc/103' },
    certificates: ['nginx', 'portainer', 'traefik'].map((name) => `certificate/${name}.example.internal`).sort(),
    stacks: [
      { target: 'portainer/server', guest: 'vm/1001' },
      { target: 'stack/1002.qdrant', guest: 'vm/1002' },
      { target: 'stack/1002.website', guest: 'vm/1002' },
    ],
  });
  expect(guests.find(({ target }) => target === 'lxc/101')).toEqual({
    ...{ target: 'lxc/101', name: 'nginx-gateway' },
    interfaces: [{ bridge: 'vmbr0', vlan: null, addresses: ['10.0.0.153/24'] }],
  });
  // Each name leads to the guest that has the address.
  const ways = services.map(({ name, leadsTo, guest }) => `${name} ${leadsTo} ${guest}`);
  expect(ways).toContain('ca.example.internal 10.0.0.10:9000 lxc/103');
  expect(ways).toContain('qdrant.example.internal 10.0.0.102:6333 vm/1002');
});

test('an entry is shown as in its file, including values, and without secrets', () => {
  const entry = {
    name: 'web',
    network_config: { ip: '10.0.0.9/24', extra: {} },
    root_password: { $secret: 'env:PHOENIX_SECRET_ROOT' },
    environment: { API_KEY: 'plain-and-secret', url: 'https://ada:hunter2@example.internal/' },
    dependencies: [101, 102],
  };
  const bytes = new TextEncoder().encode(JSON.stringify({ 'lxc/configs': { '9': entry } }));
  const files = new Map([['etc/x.json', { blob: 'b' as BlobId, kind: 'file', bytes } as const]]);
  const fields = writtenFields(files, { file: 'etc/x.json', path: '/lxc~1configs/9' });
  expect(fields.map(({ field, value }) => [field, value])).toEqual([
    ['name', 'web'],
    ['network_config.ip', '10.0.0.9/24'],
    ['network_config.extra', {}],
    ['root_password', '‹secret›'],
    ['environment.API_KEY', '‹secret›'],
    ['environment.url', expect.not.stringContaining('hunter2')],
    ['dependencies', [101, 102]],
  ]);
  expect(writtenFields(files, { file: 'etc/x.json', path: '/lxc~1configs/10' })).toEqual([]);
  expect(writtenFields(files, { file: 'etc/gone.json', path: '/lxc~1configs/9' })).toEqual([]);
});
