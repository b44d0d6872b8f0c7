// The network of the host: bridges are added and removed with a rollback, and the interface that Phoenix connects through is never changed.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  HostBond,
  HostBridge,
  HostInterface,
  HostNetwork,
  HostOvsBond,
  HostOvsBridge,
  HostOvsPort,
  HostVlan,
} from '../../../../src/managers/hypervisor/declared.ts';
import { hypervisor } from '../../../../src/managers/hypervisor/manager.ts';
import { includedBy, stanzasOf } from '../../../../src/managers/hypervisor/network/interfaces.ts';
import { interfacesText } from '../../../../src/managers/hypervisor/network/own-file.ts';
import { readInterface } from '../../../../src/managers/hypervisor/network/read-interface.ts';
import { hostNetwork } from '../../../../src/managers/hypervisor/schema/host.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { testContract } from '../../contract.ts';
import { environment, wanted } from '../../guests.ts';
import { asWorker } from '../../step.ts';
import { LOOKS, manager, partOf, withHost } from '../parts.ts';
import { broughtIn } from '../round-trip.ts';

const OWN = '/etc/network/interfaces.d/phoenix';
const MAIN = '/etc/network/interfaces';
const ARMED = '/var/lib/phoenix/network/armed';

const bridge = (own: Partial<HostBridge> = {}): HostBridge => ({
  kind: 'bridge',
  name: 'vmbr5',
  address: '10.5.0.1/24',
  ports: [],
  vlanAware: false,
  mtu: null,
  ...own,
});

const bond = (own: Partial<HostBond> = {}): HostBond => ({
  ...({ kind: 'bond', name: 'bond0', address: null, mtu: null, slaves: ['eno2', 'eno3'] } as const),
  ...{ mode: '802.3ad', miimon: 100, xmitHashPolicy: 'layer3+4', primary: null },
  ...own,
});

const vlan = (own: Partial<HostVlan> = {}): HostVlan => ({
  ...({ kind: 'vlan', name: 'bond0.30', address: '10.30.0.1/24', mtu: null, device: 'bond0', vlan: 30 } as const),
  ...own,
});

const ovsBridge = (own: Partial<HostOvsBridge> = {}): HostOvsBridge => ({
  ...({ kind: 'ovs_bridge', name: 'vmbr7', address: null, mtu: null, ports: ['eno4', 'bond7', 'backup'] } as const),
  attached: ['bond7', 'backup'],
  ...own,
});

const ovsBond = (own: Partial<HostOvsBond> = {}): HostOvsBond => ({
  ...({
    kind: 'ovs_bond',
    name: 'bond7',
    address: null,
    mtu: null,
    bridge: 'vmbr7',
    slaves: ['eno5', 'eno6'],
  } as const),
  ...{ mode: 'lacp-balance-tcp', vlan: null },
  ...own,
});

const ovsPort = (own: Partial<HostOvsPort> = {}): HostOvsPort => ({
  ...({ kind: 'ovs_port', name: 'backup', address: '10.33.0.1/24', mtu: null, bridge: 'vmbr7', vlan: 33 } as const),
  ...own,
});

const withOvs = async (): Promise<LabHost> => {
  const host = await openLabHost();
  await host.write('/usr/bin/ovs-vsctl', '');
  return host;
};

const MANAGED = { name: 'vmbr0', address: '10.0.0.13/24', gateway: '10.0.0.1' };

function networkOf(own: Partial<HostNetwork>): Target {
  const network = { ...environment().hypervisor.network, ...MANAGED, ...own };
  return partOf(withHost({ network }), 'network');
}

async function kernel(host: LabHost): Promise<string> {
  return (await host.run({ kind: 'command', program: 'ip', args: ['-j', 'address', 'show'], timeoutSeconds: 5 }))
    .stdout;
}

const files = async (host: LabHost) => [(await host.readFile(OWN)) ?? null, await host.read(MAIN), await kernel(host)];

testContract<LabHost>(manager, [
  {
    name: 'bridges of the host',
    open: () => openLabHost(),
    target: networkOf({ bridges: [bridge()] }),
    changed: networkOf({ bridges: [bridge({ mtu: 9000, vlanAware: true }), bridge({ name: 'vmbr6', address: null })] }),
    state: files,
    looks: LOOKS,
    foreign: {
      make: (host) => host.write('/etc/network/interfaces.d/sdn', 'auto vnet1\niface vnet1 inet manual\n'),
      state: async (host) => [await host.read('/etc/network/interfaces.d/sdn'), await host.read(MAIN)],
    },
  },
  {
    name: 'a bond with a VLAN and a bridge on it',
    open: () => openLabHost(),
    target: networkOf({ bonds: [bond()], vlans: [vlan()], bridges: [bridge({ ports: ['bond0'] })] }),
    changed: networkOf({
      bonds: [bond({ mode: 'active-backup', xmitHashPolicy: null, primary: 'eno3', mtu: 9000 })],
      vlans: [vlan({ name: 'storage' })],
    }),
    state: files,
    looks: LOOKS,
  },
  {
    name: 'interfaces with an address of each family',
    open: () => openLabHost(),
    target: networkOf({ bridges: [bridge({ address6: 'fd05::1/64', gateway6: 'fd05::ff' })] }),
    changed: networkOf({
      bridges: [bridge({ address: null, address6: 'fd05::2/64', vlanAware: true, vlanIds: '10 20-29' })],
      vlans: [vlan({ name: 'eno2.30', device: 'eno2', address6: 'fd30::1/64' })],
    }),
    state: files,
    looks: LOOKS,
  },
  {
    name: 'a bridge of Open vSwitch with a bond and a port of the host',
    open: withOvs,
    target: networkOf({ ovs: [ovsBond(), ovsPort(), ovsBridge()] }),
    changed: networkOf({
      ovs: [
        ovsPort({ vlan: null, address6: 'fd33::1/64', mtu: 9000 }),
        ovsBridge({ ports: ['eno5', 'backup'], attached: ['backup'] }),
      ],
    }),
    state: files,
    looks: LOOKS,
  },
  {
    name: 'a file under our name that somebody else wrote',
    open: () => openLabHost(),
    target: networkOf({ bridges: [bridge()] }),
    changed: networkOf({ bridges: [bridge({ mtu: 9000 })] }),
    state: files,
    looks: LOOKS,
    foreign: {
      make: (host) => host.write(OWN, 'auto vmbr9\niface vmbr9 inet manual\n\tbridge-ports none\n'),
      state: (host) => host.read(OWN),
      refused: 'phoenix adopt hypervisor/network',
    },
  },
]);

describe('on a lab host', () => {
  let host: LabHost;
  beforeEach(async () => {
    host = await openLabHost();
  });
  afterEach(() => host.close());

  /** As a worker of the agent carries it out. */
  function step(target: Target) {
    return asWorker(manager, host, wanted(target));
  }

  const timerRuns = () => host.has('/run/systemd/transient/phoenix-network-revert.timer');

  test('the timer is set before anything changes, and stopped once the host still answers', async () => {
    expect(await step(networkOf({ bridges: [bridge()] }))).toMatchObject({ outcome: 'applied' });
    const lines = host.commands.map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(lines).toEqual([
      'ip -j',
      'systemctl daemon-reload',
      'systemd-run --on-active=120',
      'ifreload --syntax-check',
      'ifreload -a',
      'ip -j',
      'systemctl stop',
      'ip -j',
    ]);
    expect(await host.read(OWN)).toBe(`# Kept by Phoenix. Change it in the repository, not here.

auto vmbr5
iface vmbr5 inet static
	address 10.5.0.1/24
	bridge-ports none
	bridge-stp off
	bridge-fd 0
`);
    expect(await timerRuns()).toBe(false);
  });

  test('after a lost connection the host rolls back by itself, and the next run starts again', async () => {
    await step(networkOf({ bridges: [bridge()] }));
    const before = await files(host);
    const { run } = host;
    host.run = async (command, options) => {
      if (command.program === 'ip' && (await host.has(ARMED))) throw new Error('no route to host');
      return run(command, options);
    };
    const change = networkOf({ bridges: [bridge({ mtu: 9000 })] });
    await expect(step(change)).rejects.toThrow('no route to host');
    host.run = run;
    expect(await files(host)).not.toEqual(before);
    expect(await timerRuns()).toBe(true);

    // Two minutes later.
    await elapse();
    expect(await files(host)).toEqual(before);
    expect(await host.has(ARMED)).toBe(false);
    expect(await step(change)).toMatchObject({ outcome: 'applied' });
    expect(await host.read(OWN)).toContain('mtu 9000');
  });

  /** As systemd does when the time is over. */
  async function elapse(): Promise<void> {
    for (const unit of ['phoenix-network-revert.timer', 'phoenix-network-revert.service']) {
      const verb = unit.endsWith('.timer') ? 'stop' : 'start';
      const ended = await host.run({ kind: 'command', program: 'systemctl', args: [verb, unit], timeoutSeconds: 5 });
      expect(ended).toMatchObject({ exit: 0 });
    }
  }

  test.each<[string, string, Record<string, unknown>]>([
    ['the interface of the host is gone', 'ip -j address show', { stdout: '[{"ifname":"lo"}]' }],
    ['the network is not loaded', 'ifreload -a', { exit: 1, stderr: 'error: vmbr5: no such device' }],
    ['the files are refused', 'ifreload --syntax-check -a', { exit: 1, stderr: 'error: unsupported keyword' }],
  ])('%s: it is put back at once', async (_, fails, answer) => {
    await step(networkOf({ bridges: [bridge()] }));
    const before = await files(host);
    let armed = false;
    host.instead = (line) => {
      armed ||= line.startsWith('systemd-run');
      return armed && line === fails ? answer : undefined;
    };
    expect(await step(networkOf({ bridges: [bridge({ mtu: 9000 })] }))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/did not come up|no such device|unsupported keyword/),
    });
    host.instead = () => undefined;
    expect(await files(host)).toEqual(before);
    expect(await timerRuns()).toBe(false);
  });

  test.each<[string, Partial<HostNetwork>, string]>([
    [
      'another address',
      { address: '10.0.0.14/24' },
      'give "iface vmbr0" in /etc/network/interfaces "address 10.0.0.14/24"',
    ],
    ['another prefix', { address: '10.0.0.13/16' }, '"address 10.0.0.13/16"'],
    ['another gateway', { gateway: '10.0.0.254' }, '"gateway 10.0.0.254"'],
    [
      'another interface',
      { name: 'vmbr7' },
      'give "iface vmbr7" in /etc/network/interfaces "address 10.0.0.13/24" and "gateway 10.0.0.1"',
    ],
    ['a bridge of that name', { bridges: [bridge({ name: 'vmbr0' })] }, 'take it out of network.bridges'],
    ['a bridge that is there', { bridges: [bridge({ name: 'vmbr1' })] }, '"iface vmbr1" is there already'],
    ['a bridge told twice', { bridges: [bridge(), bridge({ address: null })] }, '"iface vmbr5" is there already'],
    ['the port of the interface', { bridges: [bridge({ ports: ['eno1'] })] }, 'eno1 is a port of vmbr0 already'],
    ['a slave of the interface', { bonds: [bond({ slaves: ['eno1'] })] }, 'eno1 is a port of vmbr0 already'],
    ['the interface as a slave', { bonds: [bond({ slaves: ['vmbr0'] })] }, 'vmbr0 is what Phoenix reaches the host by'],
    [
      'a port of a bond for a bridge',
      { bonds: [bond()], bridges: [bridge({ ports: ['eno2'] })] },
      'eno2 is a port of bond0 already',
    ],
    [
      'an interface with an address as a port',
      { vlans: [vlan()], bridges: [bridge({ ports: ['bond0.30'] })] },
      'bond0.30 has the address 10.30.0.1/24',
    ],
    ['its network', { bridges: [bridge({ address: '10.0.0.99/28' })] }, 'lies in the network of vmbr0'],
    [
      'a second default gateway',
      { bridges: [bridge({ gateway: '10.5.0.254' })] },
      'vmbr0 has the default gateway 10.0.0.1',
    ],
    [
      'the network of a second address',
      { bridges: [bridge({ address6: 'fd05::1/64' })], vlans: [vlan({ device: 'eno2', address6: 'fd05::2/64' })] },
      'fd05::1/64 of vmbr5 lies in the network of bond0.30',
    ],
  ])('%s is refused with what to do', async (_, own, reason) => {
    const before = await files(host);
    expect(await step(networkOf(own))).toMatchObject({ outcome: 'blocked', reason: expect.stringContaining(reason) });
    expect(await files(host)).toEqual(before);
  });

  test('an address that is in no file is compared with that of the kernel', async () => {
    const dhcp = (await host.read(MAIN)).replace(/iface vmbr0 inet static\n.*\n.*\n/, 'iface vmbr0 inet dhcp\n');
    await host.write(MAIN, dhcp);
    expect(await step(networkOf({}))).toMatchObject({ outcome: 'unchanged' });
    expect(await step(networkOf({ address: '10.0.0.14/24' }))).toMatchObject({ outcome: 'blocked' });
  });

  test('a bridge that somebody took down comes up again', async () => {
    await step(networkOf({ bridges: [bridge()] }));
    const before = await kernel(host);
    await host.write('/run/lab/links.json', JSON.stringify({ vmbr0: { mtu: 1500, addresses: ['10.0.0.13/24'] } }));
    expect(await step(networkOf({ bridges: [bridge()] }))).toMatchObject({ outcome: 'applied' });
    expect(await kernel(host)).toEqual(before);
  });

  test('a main file that includes no others is left as it is', async () => {
    await host.write(MAIN, (await host.read(MAIN)).replace(/^source .*$/m, ''));
    const end = await step(networkOf({ bridges: [bridge()] }));
    expect(end).toMatchObject({
      outcome: 'blocked',
      reason: expect.stringContaining('add the line "source /etc/network/interfaces.d/*"'),
    });
  });

  test('the name servers of the host are replaced, and the rest of the file stays', async () => {
    const resolv = '# by hand\nsearch example.internal\nnameserver 9.9.9.9\noptions timeout:1\n';
    await host.write('/etc/resolv.conf', resolv);
    expect(await step(networkOf({ nameservers: ['10.0.0.13', '1.1.1.1'] }))).toMatchObject({ outcome: 'applied' });
    expect(await host.read('/etc/resolv.conf')).toBe(
      '# by hand\nsearch example.internal\noptions timeout:1\nnameserver 10.0.0.13\nnameserver 1.1.1.1\n',
    );
    expect(host.commands.filter((line) => line.startsWith('systemd-run'))).toEqual([]);
  });

  test('the host uses its own server only once that responds, and never as its own upstream', async () => {
    const network = { ...environment().hypervisor.network, ...MANAGED, nameservers: ['10.0.0.13'] };
    const withDns = (upstreamServers: readonly string[]) =>
      partOf(withHost({ network, dns: { enabled: true, upstreamServers } }), 'network');
    expect(withDns(['9.9.9.9']).needs).toEqual(['hypervisor/dns']);
    expect(await step(withDns([]))).toMatchObject({
      outcome: 'blocked',
      reason: expect.stringContaining('ask itself'),
    });
  });

  test('what people set up as it is declared is left to them, and import writes it', async () => {
    const theirs = `
auto bond0
iface bond0 inet manual
	bond_slaves eno3 eno2
	bond_mode 4
	bond-miimon 100
	bond-xmit-hash-policy layer3+4

auto storage
iface storage inet static
	address 10.30.0.1
	netmask 255.255.255.0
	vlan-id 30
	vlan-raw-device bond0

iface storage inet6 static
	address fd30::1
	netmask 64

auto vmbr8
iface vmbr8 inet manual
	bridge-ports bond0
	bridge-stp on
	bridge-fd 15
`;
    await host.write(MAIN, `${await host.read(MAIN)}${theirs}`);
    await host.run({ kind: 'command', program: 'ifreload', args: ['-a'], timeoutSeconds: 5 });
    const declared = { bonds: [bond()], vlans: [vlan({ name: 'storage', address6: 'fd30::1/64' })] };
    expect(await step(networkOf(declared))).toMatchObject({ outcome: 'unchanged' });
    const others = { ...declared, bonds: [bond({ mode: 'balance-rr', xmitHashPolicy: null })] };
    expect(await step(networkOf(others))).toMatchObject({
      outcome: 'blocked',
      reason: expect.stringContaining('"iface bond0" is there already, and not as declared'),
    });
    const { file, left, targets, differing } = await broughtIn(host);
    expect(file).toMatchObject({
      network: {
        bridges: [{ name: 'vmbr1' }],
        bonds: [{ name: 'bond0', slaves: ['eno3', 'eno2'], mode: '802.3ad', xmit_hash_policy: 'layer3+4' }],
        vlans: [{ name: 'storage', address: '10.30.0.1/24', address6: 'fd30::1/64', interface: 'bond0', vlan: 30 }],
      },
    });
    expect(targets).toContain('hypervisor/network');
    expect([differing, left.map(({ what }) => what)]).toEqual([
      [],
      ['hypervisor/network vmbr8 (/etc/network/interfaces:41)'],
    ]);
  });

  test('without Open vSwitch its interfaces are refused by the host, which is rolled back, with what to install', async () => {
    const before = await files(host);
    expect(await step(networkOf({ ovs: [ovsBridge({ ports: ['eno4'], attached: [] })] }))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/unsupported keyword \(ovs_\w+\).*apt install openvswitch-switch/),
    });
    expect([await host.readFile(OWN), ...(await files(host)).slice(1)]).toEqual([
      '# Kept by Phoenix. Change it in the repository, not here.\n',
      ...before.slice(1),
    ]);
  });

  test('a host on Open vSwitch as Proxmox writes it is brought in, and nothing of it would change', async () => {
    await host.write('/usr/bin/ovs-vsctl', '');
    const theirs = `
auto bond7
iface bond7 inet manual
	ovs_bonds eno5 eno6
	ovs_type OVSBond
	ovs_bridge vmbr7
	ovs_options bond_mode=balance-tcp

auto eno4
iface eno4 inet manual
	ovs_type OVSPort
	ovs_bridge vmbr7

auto backup
iface backup inet static
	address 10.33.0.1/24
	ovs_type OVSIntPort
	ovs_bridge vmbr7
	ovs_options tag=33

auto vmbr7
iface vmbr7 inet manual
	ovs_type OVSBridge
	ovs_ports eno4 bond7 backup
	ovs_mtu 9000

auto vmbr8
iface vmbr8 inet manual
	ovs_type OVSBridge
	ovs_extra set bridge vmbr8 other-config:hwaddr=00:59:cf:9c:84:3a
`;
    await host.write(MAIN, `${(await host.read(MAIN)).replace(/iface eno4 .*\n/, '')}${theirs}`);
    await host.run({ kind: 'command', program: 'ifreload', args: ['-a'], timeoutSeconds: 5 });
    const { file, left, differing } = await broughtIn(host);
    expect(file).toMatchObject({
      network: {
        ovs_bridges: [{ name: 'vmbr7', ports: ['eno4'], mtu: 9000 }],
        ovs_bonds: [{ name: 'bond7', bridge: 'vmbr7', slaves: ['eno5', 'eno6'], mode: 'lacp-balance-tcp' }],
        ovs_ports: [{ name: 'backup', bridge: 'vmbr7', vlan: 33, address: '10.33.0.1/24' }],
      },
    });
    expect([differing, left.map(({ what }) => what)]).toEqual([
      [],
      ['hypervisor/network vmbr8 (/etc/network/interfaces:48)'],
    ]);
  });

  test('without a declared network, the network is not a target', () => {
    expect(hypervisor.targets(environment()).map(({ id }) => id)).not.toContain('hypervisor/network');
  });
});

describe('from a file and back', () => {
  test.each<[string, HostInterface]>([
    ['a bridge', bridge({ ports: ['bond0', 'eno4'], vlanAware: true, mtu: 9000 })],
    ['a bridge with some VLANs', bridge({ vlanAware: true, vlanIds: '10 20-29' })],
    ['a bond', bond({ address: 'fd00::5/64', gateway: 'fd00::1' })],
    [
      'one of both families',
      bond({ address: '10.9.0.1/24', gateway: '10.9.0.2', address6: 'fd09::1/64', gateway6: 'fd09::2' }),
    ],
    ['a bridge of Open vSwitch', ovsBridge({ ports: ['eno4'], attached: [], mtu: 9000 })],
    ['a bond of Open vSwitch', ovsBond({ vlan: 5 })],
    ['a port of Open vSwitch', ovsPort({ address6: 'fd33::1/64' })],
    ['one of IPv6 alone', vlan({ address: null, address6: 'fd30::1/64' })],
    ['a bond with a primary one', bond({ mode: 'active-backup', xmitHashPolicy: null, primary: 'eno2', miimon: 50 })],
    ['a VLAN by its interface', vlan()],
    ['a VLAN by a name of its own', vlan({ name: 'storage', mtu: 1400 })],
  ])('%s is the same', (_, one) => {
    const stanzas = stanzasOf(interfacesText([one]));
    expect(readInterface(one.name, stanzas)).toEqual(one);
  });

  test.each([
    [
      'two addresses of a family',
      'iface bond0 inet static\n\taddress 10.9.0.1/24\n\taddress 10.8.0.1/24\n\tbond-slaves eno2\n',
    ],
    [
      'options of its second family',
      'iface bond0 inet manual\n\tbond-slaves eno2\niface bond0 inet6 static\n\taddress fd00::1/64\n\taccept_ra 0\n',
    ],
    ['a command', 'iface bond0 inet manual\n\tbond-slaves eno2\n\tpost-up /bin/true\n'],
    ['an address that a server gives', 'iface bond0 inet dhcp\n\tbond-slaves eno2\n'],
    ['addresses of two families', 'iface bond0 inet manual\n\tbond-slaves eno2\niface bond0 inet6 auto\n'],
    [
      'other options of Open vSwitch',
      'iface bond0 inet manual\n\tovs_type OVSBond\n\tovs_bridge vmbr7\n\tovs_bonds eno2 eno3\n\tovs_options bond_mode=active-backup vlan_mode=access\n',
    ],
    ['a mode that nothing declares', 'iface bond0 inet manual\n\tbond-slaves eno2\n\tbond-mode 9\n'],
  ])('one with %s is not known as a whole, and left', (_, text) => {
    expect(readInterface('bond0', stanzasOf(text))).toBeNull();
  });
});

test.each([
  ['a bridge that is not declared', { ovs_ports: [{ name: 'backup', bridge: 'vmbr9' }] }, 'ovs_ports.0.bridge'],
  [
    'two addresses of IPv6',
    { bridges: [{ name: 'vmbr2', address: 'fd00::1/64', address6: 'fd01::1/64' }] },
    'bridges.0.address6',
  ],
  [
    'an address of IPv4 as one of IPv6',
    { bridges: [{ name: 'vmbr2', address6: '10.0.0.1/24' }] },
    'bridges.0.address6',
  ],
  [
    'a gateway without an address',
    { bonds: [{ name: 'bond0', slaves: ['eno2'], gateway: '10.0.0.1' }] },
    'bonds.0.gateway',
  ],
  [
    'a gateway of another family',
    { vlans: [{ name: 'eno2.5', address: '10.0.0.2/24', address6: 'fd00::2/64', gateway6: '10.0.0.1' }] },
    'vlans.0.gateway6',
  ],
  ['VLANs of a bridge that knows none', { bridges: [{ name: 'vmbr2', vlan_ids: '10' }] }, 'bridges.0.vlan_ids'],
  [
    'a VLAN that is none',
    { bridges: [{ name: 'vmbr2', vlan_aware: true, vlan_ids: '10 4095' }] },
    'bridges.0.vlan_ids',
  ],
])('%s is refused at its line', (_, written, path) => {
  const issues = hostNetwork.safeParse(written).error?.issues ?? [];
  expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test.each([
  ['source /etc/network/interfaces.d/*', ['a.cfg', 'b', 'x1.cfg']],
  ['source interfaces.d/*.cfg', ['a.cfg', 'x1.cfg']],
  ['  source-directory interfaces.d/', ['a.cfg', 'b', 'x1.cfg']],
  ['source /etc/network/interfaces.d', ['a.cfg', 'b', 'x1.cfg']],
  ['source interfaces.d/x?.cfg', ['x1.cfg']],
  ['source interfaces.d/[a-c]', ['b']],
  ['source interfaces.d/[!x]*', ['a.cfg', 'b']],
  ['source interfaces.d/[z-a]*', []],
  ['source interfaces.d/[', []],
  ['source interfaces.d/[a--]', []],
  ['source interfaces.d/+(', []],
  ['# source interfaces.d/*', []],
])('"%s" includes what its pattern names', (main, names) => {
  const files = new Map(['a.cfg', 'b', 'x1.cfg'].map((name) => [`/etc/network/interfaces.d/${name}`, name]));
  expect(includedBy(main, files).map(([, text]) => text)).toEqual(names);
});
