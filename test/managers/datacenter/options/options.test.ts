// Options of the datacenter and realm sync jobs: the contract of managers, and refusals at their line.

import { expect, test } from 'vitest';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { testContract } from '../../contract.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const REALMS = '/etc/pve/domains.cfg';
const JOBS = '/etc/pve/jobs.cfg';
const DIRECTORY = { type: 'ldap', server1: 'ldap.example', base_dn: 'dc=example', user_attr: 'uid' };

const node = (options: object) => targetNamed('node/options', { node_options: options });
const firewall = (options: object) => targetNamed('firewall/options', { firewall_options: options });
const sync = (options: object) =>
  targetNamed('realmsync/people', {
    realms: { corp: DIRECTORY },
    realm_syncs: { people: { realm: 'corp', schedule: 'daily', scope: 'both', ...options } },
  });

testContract(kindNamed('node'), [
  {
    name: 'options of the node',
    open: openLabHost,
    target: node({ 'startall-onboot-delay': 30, acmedomain1: { domain: 'pve.example.org', plugin: 'standalone' } }),
    changed: node({ 'ballooning-target': 90, acmedomain1: { domain: 'node.example.org' } }),
    state: (host) => host.readFile('/etc/pve/local/config'),
    foreign: {
      make: (host) => host.write('/etc/pve/nodes/pve/config', '#Kept by hand\nwakeonlan: BC:24:11:00:00:01\n'),
      state: async (host) => /^#Kept by hand$|^wakeonlan: .*$/gm.exec(await host.read('/etc/pve/local/config'))?.length,
    },
  },
]);

testContract(kindNamed('firewall'), [
  {
    name: 'options of the firewall of the datacenter',
    open: openLabHost,
    target: firewall({ ebtables: false, log_ratelimit: { enable: true, rate: '5/minute', burst: 3 } }),
    changed: firewall({ policy_forward: 'DROP', ebtables: true }),
    state: (host) => host.readFile('/etc/pve/firewall/cluster.fw'),
  },
]);

testContract(kindNamed('realmsync'), [
  {
    name: 'a realm sync',
    open: async () => {
      const host = await openLabHost();
      await host.write(REALMS, 'ldap: corp\n\tbase_dn dc=example\n\tserver1 ldap.example\n\tuser_attr uid\n\n');
      return host;
    },
    target: sync({ comment: 'One: two', enabled: false, 'remove-vanished': 'acl;entry' }),
    changed: sync({ scope: 'users', schedule: 'mon..fri 01:30' }),
    state: (host) => host.readFile(JOBS),
    foreign: {
      make: (host) => host.write(JOBS, 'realm-sync: people\n\trealm corp\n\tschedule daily\n\tscope users\n\n'),
      state: (host) => host.readFile(JOBS),
      refused: 'is not ours; take it over with phoenix adopt realmsync/people',
    },
  },
]);

test.each([
  [
    'a domain that is none',
    { node_options: { acmedomain0: { domain: 'bad_domain' } } },
    { code: 'INVALID_VALUE', path: '/node_options/acmedomain0' },
  ],
  [
    'a domain that is named twice',
    { node_options: { acmedomain0: { domain: 'pve.example.org' }, acmedomain1: { domain: 'pve.example.org' } } },
    { code: 'INVALID_VALUE', path: '/node_options/acmedomain1' },
  ],
  ['a range of ids that is none', { options: { 'next-id': { lower: 500, upper: 200 } } }, { path: '/options/next-id' }],
  [
    'whether backups are protected that are on no storage',
    { backup_jobs: { nightly: { schedule: 'daily', all: true, protected: false } } },
    { path: '/backup_jobs/nightly/protected' },
  ],
  ['an option without a property', { options: { migration: {} } }, { path: '/options/migration' }],
  [
    'whether the firewall is on, which the file of the hypervisor says',
    { firewall_options: { enable: 1 } },
    { code: 'UNKNOWN_KEY', path: '/firewall_options/enable' },
  ],
  [
    'a realm that nobody comes from',
    { realm_syncs: { people: { realm: 'pve', schedule: 'daily', scope: 'both' } } },
    { code: 'INVALID_VALUE', path: '/realm_syncs/people/realm' },
  ],
  [
    'a misspelt realm',
    {
      realms: { corp: DIRECTORY },
      realm_syncs: { people: { realm: 'crop', schedule: 'daily', scope: 'both' } },
    },
    { code: 'UNKNOWN_REFERENCE', path: '/realm_syncs/people/realm', hint: expect.stringContaining('"corp"') },
  ],
  [
    'a realm of a type that has no users to bring in',
    {
      realms: { id: { type: 'openid', 'issuer-url': 'https://id.example.org', 'client-id': 'pve' } },
      realm_syncs: { people: { realm: 'id', schedule: 'daily', scope: 'both' } },
    },
    { code: 'INVALID_VALUE', path: '/realm_syncs/people/realm', message: expect.stringContaining('of type openid') },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});
