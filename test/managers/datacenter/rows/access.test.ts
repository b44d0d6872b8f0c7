// Groups, users, tokens, roles, permissions and realms on a lab host: the contract of managers, ownership, and refusals at their line.

import { expect, test } from 'vitest';
import { allTargets } from '../../../../src/managers/index.ts';
import type { JsonObject } from '../../../../src/model/json.ts';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { read, withDatacenter } from '../example.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const USERS = '/etc/pve/user.cfg';
const REALMS = '/etc/pve/domains.cfg';
const GIVEN =
  'user:root@pam:1:0::::::\nuser:ada@pve:1:0::::::\n\ngroup:devs:::\ngroup:ops:::\n\nrole:Watch:VM.Audit:\n';

const FIRST = 'first-password';
const SECOND = 'second-password';
const SECRETS = { 'env:PHOENIX_SECRET_ONE': FIRST, 'env:PHOENIX_SECRET_TWO': SECOND };

async function open() {
  const host = await openLabHost([], SECRETS);
  await host.write(USERS, GIVEN);
  return host;
}

const others = { groups: { ops: {}, devs: {} }, roles: { Watch: { privs: ['VM.Audit'] } }, users: { 'ada@pve': {} } };
const of = (id: string, declared: object) => targetNamed(id, { ...others, ...declared });

testContract(kindNamed('user'), [
  {
    name: 'a user with a password',
    open,
    target: of('user/bob@pve', {
      users: {
        'bob@pve': {
          comment: 'One: two ü',
          groups: ['ops', 'devs'],
          email: 'bob@example.org',
          password: { $secret: 'env:PHOENIX_SECRET_ONE' },
        },
      },
    }),
    changed: of('user/bob@pve', {
      users: { 'bob@pve': { groups: ['ops'], enable: false, password: { $secret: 'env:PHOENIX_SECRET_TWO' } } },
    }),
    state: async (host) => [
      (await host.read(USERS)).split('\n').filter((line) => line.includes('bob@pve')),
      await host.readFile('/etc/pve/priv/shadow.cfg'),
    ],
    secrets: [FIRST, SECOND],
    foreign: {
      make: (host) => host.write(USERS, `${GIVEN}user:bob@pve:1:0:::::Of Ada::\n`),
      state: (host) => host.readFile(USERS),
      refused: 'user bob@pve is not ours; take it over with phoenix adopt user/bob@pve',
    },
  },
]);

testContract(kindNamed('role'), [
  {
    name: 'a role, which has no room for its owner',
    open,
    byLedger: true,
    target: of('role/Operator', { roles: { Operator: { privs: ['VM.PowerMgmt', 'VM.Audit'] } } }),
    changed: of('role/Operator', { roles: { Operator: {} } }),
    state: (host) => host.read(USERS),
    foreign: {
      make: (host) => host.write(USERS, `${GIVEN}role:Operator:VM.Audit:\n`),
      state: (host) => host.readFile(USERS),
      refused: 'role Operator is not ours; take it over with phoenix adopt role/Operator',
    },
  },
]);

testContract(kindNamed('acl'), [
  {
    name: 'rights',
    open,
    byLedger: true,
    target: of('acl/team', {
      acl: { team: { path: '/vms', roles: ['Watch', 'PVEVMUser'], groups: ['ops'], users: ['ada@pve'] } },
    }),
    changed: of('acl/team', {
      acl: { team: { path: '/vms/', roles: ['PVEVMUser'], groups: ['ops', 'devs'], propagate: false } },
    }),
    state: async (host) => (await host.read(USERS)).split('\n').filter((line) => line.startsWith('acl:')),
    foreign: {
      make: (host) => host.write(USERS, `${GIVEN}acl:1:/vms:@ops:Watch:\n`),
      state: (host) => host.readFile(USERS),
      refused: '@ops has the role Watch on /vms already, which is not ours; take it over with phoenix adopt acl/team',
    },
  },
]);

const DIRECTORY = { type: 'ldap', server1: '10.0.0.2', base_dn: 'dc=example,dc=org', user_attr: 'uid' };
testContract(kindNamed('realm'), [
  {
    name: 'a realm with the password of its directory',
    open,
    target: of('realm/corp', {
      realms: {
        corp: {
          ...DIRECTORY,
          ...{ bind_dn: 'cn=phoenix', mode: 'ldaps', verify: true, password: { $secret: 'env:PHOENIX_SECRET_ONE' } },
          'sync-defaults-options': { scope: 'users', 'remove-vanished': 'acl;entry' },
        },
      },
    }),
    changed: of('realm/corp', {
      realms: { corp: { ...DIRECTORY, bind_dn: 'cn=other', password: { $secret: 'env:PHOENIX_SECRET_TWO' } } },
    }),
    state: async (host) => [await host.readFile(REALMS), await host.readFile('/etc/pve/priv/realm/corp.pw')],
    secrets: [FIRST, SECOND],
  },
]);

test('differences are named by person and role, and rights that others gave are not differences', async () => {
  const host = await openLabHost();
  await host.write(USERS, GIVEN);
  const acl = kindNamed('acl');
  const target = of('acl/team', {
    acl: { team: { path: '/vms', roles: ['Watch', 'PVEAuditor'], users: ['ada@pve'], groups: ['ops'] } },
  });
  const ask = wanted(target, { before: target.spec });
  const told = async (lines: string, asked = ask) => {
    await host.write(USERS, `${GIVEN}${lines}`);
    return acl.differences(asked, await acl.observe(host, asked));
  };
  expect(await told('acl:1:/vms:ada@pve,@ops:Watch,PVEAuditor,PVEAdmin:\n')).toEqual([]);
  expect(await told('acl:1:/vms:@ops:Watch,PVEAuditor:\nacl:0:/vms:ada@pve:Watch,PVEAdmin:\n')).toEqual([
    { field: 'users.ada@pve', declared: 'PVEAuditor, Watch', observed: 'Watch' },
    { field: 'propagate', declared: true, observed: false },
  ]);
  // A permission that was granted before and is no longer declared.
  const fewer = of('acl/team', { acl: { team: { path: '/vms', roles: ['Watch'], groups: ['ops'] } } });
  const left = wanted(fewer, { before: target.spec });
  expect(await told('acl:1:/vms:ada@pve:Watch:\nacl:1:/vms:@ops:Watch:\n', left)).toEqual([
    { field: 'users.ada@pve', declared: null, observed: 'Watch' },
  ]);
  await host.close();
});

test('rights that others gave stay, and only rights that Phoenix gave are removed', async () => {
  const host = await open();
  const acl = kindNamed('acl');
  const first = of('acl/team', { acl: { team: { path: '/', roles: ['Watch', 'PVEAuditor'], users: ['ada@pve'] } } });
  const second = of('acl/team', { acl: { team: { path: '/vms', roles: ['Watch'], users: ['ada@pve'] } } });
  await convergeStep(acl, host, wanted(first));
  await host.run({
    ...{ kind: 'command', program: 'pvesh', timeoutSeconds: 9 },
    args: ['set', '/access/acl', '--path', '/', '--roles', 'PVEAdmin', '--users', 'ada@pve'],
  });
  expect(await convergeStep(acl, host, wanted(second, { before: first.spec }))).toMatchObject({ outcome: 'done' });
  expect((await host.read(USERS)).split('\n').filter((line) => line.startsWith('acl:'))).toEqual([
    'acl:1:/:ada@pve:PVEAdmin:',
    'acl:1:/vms:ada@pve:Watch:',
  ]);
  expect(await convergeStep(acl, host, gone(second))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('what they let people do'),
  });
  await host.close();
});

test('the value of a token is shown to nobody, and it goes with its user', async () => {
  const host = await open();
  const declared = { ...others, tokens: { 'ada@pve!backup': { comment: 'Of the backup server', privsep: false } } };
  const [token, user] = ['token/ada@pve!backup', 'user/ada@pve'].map((id) => targetNamed(id, declared));
  if (token === undefined || user === undefined) throw new Error('nothing is declared');
  expect(token.needs).toEqual([user.id]);
  const printed: string[] = [];
  const watched = {
    ...host,
    run: async (...asked: Parameters<typeof host.run>) => {
      const result = await host.run(...asked);
      printed.push(result.stdout, result.stderr);
      return result;
    },
  };
  const tokens = kindNamed('token');
  await host.write(USERS, `${GIVEN}token:ada@pve!backup:0:1:::\n`);
  expect(await convergeStep(tokens, host, wanted(token))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringMatching(/phoenix adopt 'token\/ada@pve!backup'$/),
  });
  await host.write(USERS, GIVEN);
  expect(await convergeStep(tokens, watched, wanted(token))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(tokens, watched, wanted(token))).toEqual({ outcome: 'done', actions: [] });
  const [, value = ''] = (await host.read('/etc/pve/priv/token.cfg')).trim().split(' ');
  expect(value).toHaveLength(36);
  expect(printed.join('')).toBe('');
  expect(await host.read(USERS)).toContain('token:ada@pve!backup:0:0:Of the backup server [kept by Phoenix from');
  expect(await convergeStep(tokens, host, gone(token, { adopt: true }))).toMatchObject({
    outcome: 'refused',
    // A shell that people type into would look for an earlier command at the exclamation mark.
    reason: expect.stringContaining("phoenix approve RUN 'token/ada@pve!backup' (phoenix status"),
  });
  await convergeStep(kindNamed('user'), host, gone(user, { approved: true, adopt: true }));
  expect(await host.read(USERS)).not.toContain('ada@pve');
  await host.close();
});

test('another type of realm is another realm: that waits for an approval, which says what goes', async () => {
  const host = await open();
  const realm = kindNamed('realm');
  const first = of('realm/corp', { realms: { corp: DIRECTORY } });
  const options = { type: 'openid', 'issuer-url': 'https://id.example.org/', 'client-id': 'pve' };
  const second = of('realm/corp', { realms: { corp: options } });
  await convergeStep(realm, host, wanted(first));
  const change = {
    target: second.id,
    verb: 'update',
    before: first.spec,
    after: second.spec,
    fields: [{ path: '/type', before: 'ldap', after: 'openid' }],
  } as const;
  expect(realm.impact(change)).toBe('recreate');
  expect(await convergeStep(realm, host, wanted(second, { before: first.spec }))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('users of it stay'),
  });
  const approved = wanted(second, { before: first.spec, approved: true });
  expect(await convergeStep(realm, host, approved)).toMatchObject({ outcome: 'done' });
  expect(await host.read(REALMS)).toContain('openid: corp');
  expect(await convergeStep(realm, host, approved)).toEqual({ outcome: 'done', actions: [] });
  await host.close();
});

test('who is named comes before who names', () => {
  const { config, problems } = read(
    withDatacenter({
      ...others,
      pools: { prod: {} },
      realms: { corp: DIRECTORY },
      users: { 'ada@pve': { groups: ['ops'] }, 'eva@corp': {} },
      tokens: { 'ada@pve!backup': {} },
      acl: {
        prod: { path: '/pool/prod', roles: ['Watch', 'PVEVMUser'], groups: ['ops'], tokens: ['ada@pve!backup'] },
      },
    }),
  );
  if (config === null) throw new Error(JSON.stringify(problems));
  const needs = (id: string) =>
    allTargets(config).get(id as Parameters<ReturnType<typeof allTargets>['get']>[0])?.needs;
  expect(needs('acl/prod')).toEqual(['group/ops', 'token/ada@pve!backup', 'role/Watch', 'pool/prod']);
  expect(needs('user/ada@pve')).toEqual(['group/ops']);
  expect(needs('user/eva@corp')).toEqual(['realm/corp']);
});

const SOMEBODY = { ...others, acl: { team: { path: '/', roles: ['PVEAuditor'], users: ['ada@pve'] } } };
const team = (own: JsonObject) => ({ ...others, acl: { team: { ...SOMEBODY.acl.team, ...own } } });
test.each<[string, object, { code: string; path: string; hint?: unknown; message?: unknown }]>([
  [
    'a group that nobody declares',
    { ...others, users: { 'ada@pve': { groups: ['opps'] } } },
    {
      code: 'UNKNOWN_REFERENCE',
      path: '/users/ada@pve/groups/0',
      hint: expect.stringContaining('Did you mean "ops"?'),
    },
  ],
  [
    'a role that nobody has',
    team({ roles: ['PVEAuditr'] }),
    { code: 'UNKNOWN_REFERENCE', path: '/acl/team/roles/0', hint: expect.stringContaining('"PVEAuditor"') },
  ],
  [
    'a user that nobody declares',
    team({ users: ['eva@pve'] }),
    { code: 'UNKNOWN_REFERENCE', path: '/acl/team/users/0' },
  ],
  [
    'a realm that nobody declares',
    { users: { 'eva@corp': {} } },
    { code: 'UNKNOWN_REFERENCE', path: '/users/eva@corp', message: 'there is no realm "corp"' },
  ],
  [
    'a token of nobody',
    { tokens: { 'eva@pve!backup': {} } },
    { code: 'UNKNOWN_REFERENCE', path: '/tokens/eva@pve!backup' },
  ],
  ['a path without a meaning', team({ path: '/bogus' }), { code: 'INVALID_VALUE', path: '/acl/team/path' }],
  ['rights of nobody', team({ users: undefined }), { code: 'INVALID_VALUE', path: '/acl/team/path' }],
  [
    'a privilege that Proxmox does not have',
    { roles: { Operator: { privs: ['VM.Adit'] } } },
    { code: 'INVALID_VALUE', path: '/roles/Operator/privs/0' },
  ],
  ['a role that is built in', { roles: { PVEAdmin: {} } }, { code: 'INVALID_VALUE', path: '/roles/PVEAdmin' }],
  ['a group of dots alone', { groups: { '..': {} } }, { code: 'INVALID_VALUE', path: '/groups/..' }],
  ['a role that would be an option', { roles: { '-x': {} } }, { code: 'INVALID_VALUE', path: '/roles/-x' }],
  ['root of the host', { users: { 'root@pam': {} } }, { code: 'INVALID_VALUE', path: '/users/root@pam' }],
  [
    'a password of a user of the host',
    { users: { 'ada@pam': { password: { $secret: 'env:PHOENIX_SECRET_ONE' } } } },
    { code: 'INVALID_VALUE', path: '/users/ada@pam/password' },
  ],
  [
    'an option of another type of realm',
    { realms: { corp: { ...DIRECTORY, scopes: 'email' } } },
    { code: 'INVALID_VALUE', path: '/realms/corp/scopes' },
  ],
  [
    'a realm without what its type must have',
    { realms: { corp: { type: 'openid', 'client-id': 'pve' } } },
    { code: 'INVALID_VALUE', path: '/realms/corp', message: expect.stringContaining('issuer-url') },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});

test('a password in plain text is refused, with what to do', () => {
  expect(problemsOf({ users: { 'ada@pve': { password: 'hunter22' } } })).toMatchObject([
    { code: 'INVALID_VALUE', path: '/users/ada@pve/password' },
    { code: 'PLAINTEXT_SECRET', path: '/users/ada@pve/password', hint: expect.stringContaining('$secret') },
  ]);
});
