// IPAMs and DNS servers of the software-defined network: the contract of managers, credentials that are never read, and zones that depend on them.

import { expect, test } from 'vitest';
import { sdn } from '../../../../src/managers/datacenter/sdn/manager.ts';
import { IPAMS_FILE, SDN_DNS_FILE, WITHOUT_SDN_SECRETS } from '../../../../src/proxmox/sdn.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { wanted } from '../../guests.ts';
import { read, withDatacenter } from '../example.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const SECRETS = { first: 'hunter2-first', second: 'hunter2-second' };
const [FIRST, SECOND] = ['first', 'second'].map((name) => ({ $secret: `file:/etc/phoenix/secrets/${name}` }));

async function open(): Promise<LabHost> {
  const host = await openLabHost();
  for (const [name, value] of Object.entries(SECRETS)) await host.write(`/etc/phoenix/secrets/${name}`, value);
  return host;
}

const NETBOX = { type: 'netbox', url: 'https://netbox.example.org/api', token: FIRST };
const ipam = (options: object) => targetNamed('ipam/addresses', { sdn_ipams: { addresses: options } });
const dns = (options: object) =>
  targetNamed('sdndns/names', {
    sdn_dns: { names: { type: 'powerdns', url: 'http://10.0.0.53:8081/api', ...options } },
  });

testContract(kindNamed('ipam'), [
  {
    name: 'an IPAM',
    open,
    byLedger: true,
    looks: 1,
    target: ipam(NETBOX),
    changed: ipam({ ...NETBOX, url: 'https://other.example.org/api', token: SECOND }),
    state: (host) => host.readFile(IPAMS_FILE),
    secrets: Object.values(SECRETS),
    foreign: {
      make: (host) => host.write(IPAMS_FILE, 'netbox: addresses\n\ttoken theirs\n\turl https://theirs.example.org\n\n'),
      state: (host) => host.readFile(IPAMS_FILE),
      refused: 'IPAM addresses is not ours',
    },
  },
]);

testContract(kindNamed('sdndns'), [
  {
    name: 'a DNS server',
    open,
    byLedger: true,
    looks: 1,
    target: dns({ key: FIRST, ttl: 60 }),
    changed: dns({ key: SECOND, reversemaskv6: 64 }),
    state: (host) => host.readFile(SDN_DNS_FILE),
    secrets: Object.values(SECRETS),
  },
]);

test('credentials are removed when the file is read, and a server that does not respond is reported', async () => {
  const host = await open();
  const away = ipam({ ...NETBOX, url: 'https://netbox.invalid/api' });
  const failed = await convergeStep(kindNamed('ipam'), host, wanted(away));
  expect(failed).toMatchObject({ outcome: 'failed', reason: expect.stringContaining("Can't connect to netbox api") });
  await convergeStep(kindNamed('ipam'), host, wanted(ipam(NETBOX), { before: away.spec }));
  expect(await host.readFile(IPAMS_FILE)).toContain(SECRETS.first);
  const shown = await host.run({
    kind: 'command',
    program: 'sed',
    args: [WITHOUT_SDN_SECRETS, IPAMS_FILE],
    timeoutSeconds: 5,
  });
  expect(shown.stdout).toBe('pve: pve\n\nnetbox: addresses\n\turl https://netbox.example.org/api\n\n');
  await host.close();
});

test('a network waits for what its zones name', () => {
  const zone = { type: 'simple', ipam: 'addresses', dns: 'names' };
  const server = { type: 'powerdns', url: 'http://10.0.0.53:8081/api', key: FIRST };
  const { config } = read(
    withDatacenter({ sdn_ipams: { addresses: NETBOX }, sdn_dns: { names: server }, sdn_zones: { lan: zone } }),
  );
  if (config === null) throw new Error('it is not sound');
  expect(sdn.targets(config)[0]?.needs).toEqual(expect.arrayContaining(['ipam/addresses', 'sdndns/names']));
});

test.each([
  ["Proxmox's own IPAM", { sdn_ipams: { pve: NETBOX } }, { path: '/sdn_ipams/pve' }],
  ['phpIPAM without its section', { sdn_ipams: { php: { ...NETBOX, type: 'phpipam' } } }, { path: '/sdn_ipams/php' }],
  ['a section of NetBox', { sdn_ipams: { nb: { ...NETBOX, section: 1 } } }, { path: '/sdn_ipams/nb/section' }],
  [
    'an IPAM that nothing declares',
    { sdn_zones: { lan: { type: 'simple', ipam: 'pvee' } } },
    { code: 'UNKNOWN_REFERENCE', path: '/sdn_zones/lan/ipam', hint: expect.stringContaining('"pve"') },
  ],
  [
    'a DNS server that nothing declares',
    { sdn_zones: { lan: { type: 'simple', dns: 'names' } } },
    { code: 'UNKNOWN_REFERENCE', path: '/sdn_zones/lan/dns' },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});
