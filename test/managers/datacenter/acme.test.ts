// Accounts and plugins of ACME: by the contract of managers, their keys read by nobody, and what is refused at its line.

import { expect, test } from 'vitest';
import { ACME_ACCOUNTS_FOLDER, ACME_PLUGINS_FILE, WITHOUT_DATA } from '../../../src/proxmox/acme.ts';
import { type LabHost, openLabHost } from '../../support/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { testContract } from '../contract.ts';
import { gone, wanted } from '../guests.ts';
import { kindNamed, problemsOf, targetNamed } from './kinds.ts';

const SECRETS = { first: 'CF_Token=hunter2-first\nCF_Zone=1', second: 'CF_Token=hunter2-second' };
const [FIRST, SECOND] = ['first', 'second'].map((name) => ({ $secret: `file:/etc/phoenix/secrets/${name}` }));

async function open(): Promise<LabHost> {
  const host = await openLabHost();
  for (const [name, value] of Object.entries(SECRETS)) await host.write(`/etc/phoenix/secrets/${name}`, value);
  return host;
}

const account = (options: object) =>
  targetNamed('acmeaccount/home', { acme_accounts: { home: { contact: ['a@example.org'], ...options } } });
const plugin = (options: object) =>
  targetNamed('acmeplugin/zone', { acme_plugins: { zone: { type: 'dns', api: 'cf', ...options } } });

testContract(kindNamed('acmeaccount'), [
  {
    name: 'an account',
    open,
    byLedger: true,
    // Which there are, and the one.
    looks: 2,
    target: account({ contact: ['a@example.org', 'b@example.org'], tos_url: 'https://ca.example/terms' }),
    changed: account({ contact: ['c@example.org'], tos_url: 'https://ca.example/terms' }),
    state: async (host) => (await accountIn(host)).account,
  },
]);

testContract(kindNamed('acmeplugin'), [
  {
    name: 'a plugin',
    open,
    byLedger: true,
    looks: 1,
    target: plugin({ data: FIRST, 'validation-delay': 60 }),
    changed: plugin({ api: 'hetzner', data: SECOND, disable: true, nodes: ['pve'] }),
    state: (host) => host.readFile(ACME_PLUGINS_FILE),
    secrets: Object.values(SECRETS).flatMap((value) => [value, Buffer.from(value).toString('base64url')]),
  },
]);

test('terms are agreed to where the configuration says so alone, another authority is another account, and a key is never shown', async () => {
  const host = await open();
  const kind = kindNamed('acmeaccount');
  const silent = account({ directory: 'https://ca.example/directory' });
  expect(await convergeStep(kind, host, wanted(silent))).toMatchObject({ outcome: 'done' });
  expect(host.commands.filter((command) => command.includes('tos_url'))).toEqual([]);
  const { key, directory } = await accountIn(host);
  expect(directory).toBe('https://ca.example/directory');
  expect(JSON.stringify(await kind.observe(host, wanted(silent)))).not.toContain(key);
  const moved = account({ directory: 'https://other.example/directory' });
  const before = { before: silent.spec };
  expect(await convergeStep(kind, host, wanted(moved, before))).toMatchObject({
    reason: expect.stringContaining('Proxmox never changes directory of ACME account home'),
  });
  expect(await convergeStep(kind, host, wanted(moved, { ...before, approved: true }))).toMatchObject({
    outcome: 'done',
  });
  expect((await accountIn(host)).directory).toBe('https://other.example/directory');
  await host.close();
});

test('of a plugin everything is read but what its provider asks for, and without a file there is none', async () => {
  const host = await open();
  const kind = kindNamed('acmeplugin');
  expect(await kind.observe(host, wanted(plugin({})))).toMatchObject({ present: null, text: null });
  await convergeStep(kind, host, wanted(plugin({ data: FIRST })));
  const data = Buffer.from(SECRETS.first).toString('base64url');
  expect(await host.read(ACME_PLUGINS_FILE)).toContain(`\tdata ${data}\n`);
  const seen = await kind.observe(host, wanted(plugin({ data: FIRST })));
  expect(seen).toMatchObject({ present: { api: ['cf'], type: ['dns'] }, text: expect.stringContaining('dns: zone') });
  expect(JSON.stringify(seen)).not.toContain(data);
  expect(host.commands).toContain(`sed ${WITHOUT_DATA} ${ACME_PLUGINS_FILE}`);
  expect(await convergeStep(kind, host, gone(plugin({}), { approved: true }))).toMatchObject({ outcome: 'done' });
  expect(await host.read(ACME_PLUGINS_FILE)).not.toContain('zone');
  await host.close();
});

test("the node's certificate waits for what it is asked for with", () => {
  const { needs } = targetNamed('node/options', {
    node_options: { acme: { account: 'home' }, acmedomain0: { domain: 'pve.example.org', plugin: 'zone' } },
  });
  expect([...needs].sort()).toEqual(['acmeaccount/home', 'acmeplugin/zone']);
});

test.each([
  ['an account without an address', { acme_accounts: { home: {} } }, '/acme_accounts/home/contact'],
  [
    'a secret at a plugin that has none',
    { acme_plugins: { web: { type: 'standalone', data: FIRST } } },
    '/acme_plugins/web/data',
  ],
  [
    'a provider that Proxmox does not know',
    { acme_plugins: { zone: { type: 'dns', api: 'none' } } },
    '/acme_plugins/zone/api',
  ],
  [
    'the plugin that is there always',
    { acme_plugins: { standalone: { type: 'standalone' } } },
    '/acme_plugins/standalone',
  ],
])('%s is refused at its line', (_, datacenter, path) => {
  expect(problemsOf(datacenter).map((problem) => problem.path)).toContain(path);
});

async function accountIn(host: LabHost): Promise<{ key: string; directory: string; account: object }> {
  const text = await host.readFile(`${ACME_ACCOUNTS_FOLDER}/home`);
  return text === undefined ? { key: '', directory: '', account: {} } : JSON.parse(text);
}
