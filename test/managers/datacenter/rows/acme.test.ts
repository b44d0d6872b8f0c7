// ACME accounts and plugins: the contract of managers, keys that are never read, and refusals at their line.

import { expect, test } from 'vitest';
import { ACME_ACCOUNTS_FOLDER, ACME_PLUGINS_FILE, WITHOUT_DATA } from '../../../../src/proxmox/acme.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

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

test('an account is bound once: its key is on no command line, and another one is another account', async () => {
  const host = await open();
  const kind = kindNamed('acmeaccount');
  const bound = account({ 'eab-kid': 'kid-1', 'eab-hmac-key': FIRST });
  const made = await convergeStep(kind, host, wanted(bound));
  expect(made).toMatchObject({ outcome: 'done' });
  const create = host.commands.find((line) => line.includes('create /cluster/acme/account'));
  expect(create).toMatch(/^perl .* eab-hmac-key create .*--eab-kid kid-1/);
  expect(JSON.stringify([made, host.commands])).not.toContain(SECRETS.first);
  const again = wanted(bound, { before: bound.spec });
  expect(await convergeStep(kind, host, again)).toEqual({ outcome: 'done', actions: [] });
  for (const other of [
    { 'eab-kid': 'kid-2', 'eab-hmac-key': FIRST },
    { 'eab-kid': 'kid-1', 'eab-hmac-key': SECOND },
  ]) {
    const { outcome, ...end } = await convergeStep(kind, host, wanted(account(other), { before: bound.spec }));
    expect([outcome, end]).toMatchObject(['refused', { reason: expect.stringContaining('never changes eab-kid') }]);
  }
  const anew = wanted(account({ 'eab-kid': 'kid-2', 'eab-hmac-key': SECOND }), { before: bound.spec, approved: true });
  expect(await convergeStep(kind, host, anew)).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(kind, host, anew)).toEqual({ outcome: 'done', actions: [] });
  const free = wanted(account({}), { before: anew.spec });
  expect(await convergeStep(kind, host, free)).toMatchObject({
    actions: [{ summary: 'forget which eab-hmac-key of ACME account home was set' }],
  });
  await host.close();
});

test('one that is taken over counts as bound as it is declared', async () => {
  const host = await open();
  const kind = kindNamed('acmeaccount');
  await convergeStep(kind, host, wanted(account({})));
  const bound = account({ 'eab-kid': 'kid-1', 'eab-hmac-key': FIRST });
  const refused = await convergeStep(kind, host, wanted(bound, { before: account({}).spec }));
  expect(refused).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('never changes eab-kid') });
  const taken = await convergeStep(kind, host, wanted(bound, { adopt: true }));
  expect(taken).toMatchObject({
    outcome: 'done',
    actions: [{ summary: 'note which eab-hmac-key of ACME account home was set' }],
  });
  expect(await convergeStep(kind, host, wanted(bound, { before: bound.spec }))).toEqual({
    outcome: 'done',
    actions: [],
  });
  await host.close();
});

test('a plugin is read without the data for its provider, and a missing file means no plugins', async () => {
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
    'a binding without its key',
    { acme_accounts: { home: { contact: ['a@example.org'], 'eab-kid': 'kid-1' } } },
    '/acme_accounts/home/eab-kid',
  ],
  [
    'a key of a binding that is not named',
    { acme_accounts: { home: { contact: ['a@example.org'], 'eab-hmac-key': FIRST } } },
    '/acme_accounts/home/eab-hmac-key',
  ],
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
