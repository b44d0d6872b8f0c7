// The hosts file of the node: Phoenix's lines beside those of people, and a dnsmasq that is reloaded for them.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HostEntry } from '../../../../src/managers/hypervisor/declared.ts';
import { entriesIn, withEntries } from '../../../../src/managers/hypervisor/hosts/entries.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { wanted } from '../../guests.ts';
import { LOOKS, manager, partOf, withHost } from '../parts.ts';
import { broughtIn } from '../round-trip.ts';

const HOSTS = '/etc/hosts';
const INSTALLED = '127.0.0.1 localhost\n10.0.0.13 pve.internal.example pve\n';
const NAS: HostEntry = { address: '10.0.0.50', names: ['nas.example.org', 'nas'] };
const BACKUP: HostEntry = { address: 'fd00::9', names: ['backup'] };

const hostsOf = (...hosts: HostEntry[]) => partOf(withHost({ hosts }), 'hosts');

testContract<LabHost>(manager, [
  {
    name: 'names in the hosts file',
    open: () => openLabHost(),
    target: hostsOf(NAS),
    changed: hostsOf({ ...NAS, address: '10.0.0.51' }, BACKUP),
    state: (host) => host.read(HOSTS),
    looks: LOOKS,
    foreign: {
      make: async (host) => host.write(HOSTS, `${await host.read(HOSTS)}10.0.0.60 printer # upstairs\n`),
      state: async (host) => entriesIn(await host.read(HOSTS)).find(({ address }) => address === '10.0.0.60'),
    },
  },
]);

describe('as text', () => {
  test('declared lines are in one block, and the rest is unchanged', () => {
    const text = withEntries(INSTALLED, [NAS, BACKUP]);
    expect(text).toBe(`${INSTALLED}# BEGIN Phoenix: kept by it, change it in the repository
10.0.0.50 nas.example.org nas
fd00::9 backup
# END Phoenix
`);
    expect(withEntries(text, [BACKUP])).toBe(withEntries(INSTALLED, [BACKUP]));
    expect(withEntries(text, [])).toBe(INSTALLED);
  });

  test.each([
    ['in another order', '10.0.0.50\tnas NAS.example.org # the NAS\n'],
    ['in two lines', '10.0.0.50 nas\n10.0.0.50 nas.example.org\n'],
  ])('what people wrote already is not written twice: %s', (_, theirs) => {
    expect(withEntries(theirs, [NAS])).toBe(theirs);
  });

  test('an address of IPv6 is the same however it is written', () => {
    const theirs = 'fd00:0:0:0::9 backup\n';
    expect(withEntries(theirs, [BACKUP])).toBe(theirs);
  });
});

describe('on a lab host', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await openLabHost();
  });
  beforeEach(async () => {
    await host.write(HOSTS, INSTALLED);
    host.forget();
  });
  afterAll(() => host.close());

  const step = (...hosts: HostEntry[]) => convergeStep(manager, host, wanted(hostsOf(...hosts)));

  test('a name that people lead elsewhere is refused with their line, and one of another family is not', async () => {
    await host.write(HOSTS, `${INSTALLED}10.0.0.49 NAS\n`);
    const refused = await step(NAS);
    expect(refused).toMatchObject({ outcome: 'refused', actions: [] });
    expect(refused).toMatchObject({ reason: expect.stringContaining('"10.0.0.49 NAS" in /etc/hosts') });
    expect(await step({ address: 'fd00::50', names: ['nas'] })).toMatchObject({ outcome: 'done' });
  });

  test('the name of the node never leads elsewhere', async () => {
    expect(await step({ address: '10.0.0.99', names: ['pve'] })).toMatchObject({ outcome: 'refused' });
    expect(await host.read(HOSTS)).toBe(INSTALLED);
  });

  test('dnsmasq is reloaded where it runs, also by the run after one that died before that', async () => {
    expect(await step(BACKUP)).toMatchObject({ outcome: 'done' });
    expect(host.commands.filter((line) => line.startsWith('systemctl reload'))).toEqual([]);
    for (const verb of ['install', 'enable'] as const) {
      const args = verb === 'install' ? ['-y', 'install', 'dnsmasq'] : ['enable', '--now', 'dnsmasq.service'];
      const program = verb === 'install' ? 'apt-get' : 'systemctl';
      await host.run({ kind: 'command', program, args, timeoutSeconds: 5 });
    }
    const died = await convergeStep(manager, host, wanted(hostsOf(NAS)), 2);
    expect(died.outcome).toBe('killed');
    expect(await host.read(HOSTS)).toContain('nas.example.org');
    host.forget();
    expect(await step(NAS)).toMatchObject({ outcome: 'done' });
    expect(host.commands.filter((line) => line.startsWith('systemctl reload'))).toEqual([
      'systemctl reload dnsmasq.service',
    ]);
    expect(await step(NAS)).toEqual({ outcome: 'done', actions: [] });
  });

  test('import writes what the installer did not, and it is the same', async () => {
    const theirs = 'fe00::0 ip6-localnet\nff02::1 ip6-allnodes\n10.0.0.50 nas\n10.0.0.60 old_printer\n';
    await host.write(HOSTS, `${INSTALLED}${theirs}10.0.0.70 twice\n10.0.0.71 twice\n`);
    const { file, left, targets, differing } = await broughtIn(host);
    expect(file).toMatchObject({ network: { hosts: [{ address: '10.0.0.50', names: ['nas'] }] } });
    expect(targets).toContain('hypervisor/hosts');
    expect(differing).toEqual([]);
    expect(left.map(({ what }) => what)).toEqual([
      'hypervisor/hosts "10.0.0.60 old_printer" (/etc/hosts)',
      'hypervisor/hosts "10.0.0.70 twice" (/etc/hosts)',
      'hypervisor/hosts "10.0.0.71 twice" (/etc/hosts)',
    ]);
  });
});
