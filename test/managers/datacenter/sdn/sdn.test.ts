// The software-defined network on a lab host: created in dependency order and applied once, even after a crash, and never together with pending
// changes by people.

import { expect, test } from 'vitest';
import { sdn } from '../../../../src/managers/datacenter/sdn/manager.ts';
import { allTargets, impactOf, registered } from '../../../../src/managers/index.ts';
import { targetId } from '../../../../src/model/ids.ts';
import type { Target } from '../../../../src/model/target.ts';
import { makePlan } from '../../../../src/plan/plan.ts';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { repositoryFiles } from '../../../support/repository-files.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { problemsOf } from '../declared.ts';
import { read, withDatacenter } from '../example.ts';

const kind = registered(sdn);
const ZONES = '/etc/pve/sdn/zones.cfg';
const VNETS = '/etc/pve/sdn/vnets.cfg';
const RUNNING = '/etc/pve/sdn/.running-config';

function configOf(datacenter: object) {
  const { config, problems } = read(withDatacenter(datacenter));
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
}

function targetOf(datacenter: object): Target {
  const [target] = kind.targets(configOf(datacenter));
  if (target === undefined) throw new Error('nothing is declared');
  return target;
}

test('differences are named by their place in the file', async () => {
  const host = await openLabHost();
  const target = targetOf(FRONT);
  await convergeStep(kind, host, wanted(target));
  const { vnet2: _, ...vnets } = FRONT.sdn_vnets;
  const other = targetOf({
    sdn_zones: { ...FRONT.sdn_zones, far: { ...FRONT.sdn_zones.far, mtu: 1400 }, new: { type: 'simple' } },
    sdn_vnets: vnets,
    sdn_subnets: FRONT.sdn_subnets,
  });
  const told = async (asked: ReturnType<typeof wanted>) => kind.differences(asked, await kind.observe(host, asked));
  expect(await told(wanted(target, { before: target.spec }))).toEqual([]);
  expect(await told(wanted(other, { before: target.spec }))).toEqual([
    { field: 'sdn_zones.far.mtu', declared: 1400, observed: '1450' },
    { field: 'sdn_zones.new', declared: { type: 'simple' }, observed: null },
    { field: 'sdn_vnets.vnet2', declared: null, observed: FRONT.sdn_vnets.vnet2 },
  ]);
  await host.close();
});

const FRONT = {
  sdn_zones: {
    lan: { type: 'simple', ipam: 'pve' },
    far: { type: 'vxlan', peers: ['10.0.0.14', '10.0.0.13'], mtu: 1450 },
  },
  sdn_vnets: { vnet1: { zone: 'lan', alias: 'front net' }, vnet2: { zone: 'far', tag: 5000, 'isolate-ports': true } },
  sdn_subnets: {
    'vnet1/10.10.0.0/24': {
      gateway: '10.10.0.1',
      snat: true,
      'dhcp-range': [{ 'start-address': '10.10.0.100', 'end-address': '10.10.0.200' }],
    },
    'vnet1/fd00:1::/64': {},
  },
};
const OTHER = {
  sdn_zones: FRONT.sdn_zones,
  sdn_vnets: { ...FRONT.sdn_vnets, vnet1: { zone: 'lan' }, vnet3: { zone: 'far', tag: 5001 } },
  sdn_subnets: { ...FRONT.sdn_subnets, 'vnet1/10.10.0.0/24': { gateway: '10.10.0.2', snat: false } },
};

const EVPN = {
  sdn_controllers: {
    routes: { type: 'evpn', asn: 65000, peers: ['10.0.0.14', '10.0.0.13'] },
    edge: { type: 'bgp', asn: 65001, node: 'pve', peers: ['10.0.0.1'], ebgp: true },
  },
  sdn_zones: {
    ev: { type: 'evpn', controller: 'routes', 'vrf-vxlan': 4000, exitnodes: ['pve'], 'rt-import': ['65000:1'] },
  },
  sdn_vnets: { evnet: { zone: 'ev', tag: 4001 } },
  sdn_subnets: {},
};
const OTHER_EVPN = {
  ...EVPN,
  sdn_controllers: { routes: { ...EVPN.sdn_controllers.routes, peers: ['10.0.0.15'] } },
  sdn_zones: { ev: { ...EVPN.sdn_zones.ev, 'advertise-subnets': true, exitnodes: ['pve', 'pve2'] } },
};

const QINQ = { outer: { type: 'qinq', bridge: 'vmbr0', tag: 100 } };
const BGP = { type: 'bgp', asn: 65001, node: 'pve', peers: ['10.0.0.1'] };

const applied = (commands: readonly string[]) => commands.filter((line) => line === 'pvesh set /cluster/sdn').length;

testContract(kind, [
  {
    name: 'a software-defined network',
    open: () => openLabHost(),
    byLedger: true,
    target: targetOf(FRONT),
    changed: targetOf(OTHER),
    // Every apply is counted; the state in force does not depend on their number.
    state: async (host) => {
      const files = await Promise.all(
        ['zones', 'vnets', 'subnets'].map((name) => host.readFile(`/etc/pve/sdn/${name}.cfg`)),
      );
      const { version: _, ...running } = JSON.parse((await host.readFile(RUNNING)) ?? '{}');
      return [...files.map((text) => text ?? ''), running];
    },
    foreign: {
      make: (host) => host.write(ZONES, 'simple: lan\n\tmtu 1400\n\n'),
      state: (host) => host.readFile(ZONES),
      refused: 'is not ours, and is not as declared; take it over with phoenix adopt sdn/network',
    },
  },
]);

test('an EVPN network is created with its controllers, and a second apply does nothing, whatever address Proxmox generates', async () => {
  const host = await openLabHost();
  const [target, other] = [targetOf(EVPN), targetOf(OTHER_EVPN)];
  expect(await convergeStep(kind, host, wanted(target))).toMatchObject({ outcome: 'done' });
  const again = wanted(target, { before: target.spec });
  expect(await convergeStep(kind, host, again)).toEqual({ outcome: 'done', actions: [] });
  const change = wanted(other, { before: target.spec });
  expect(await convergeStep(kind, host, change)).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('controller edge: no longer declared'),
  });
  expect(await convergeStep(kind, host, { ...change, approved: true })).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(kind, host, wanted(other, { before: other.spec }))).toEqual({
    outcome: 'done',
    actions: [],
  });
  const running = JSON.parse(await host.read(RUNNING));
  expect(running.controllers.ids).toEqual({ routes: { type: 'evpn', asn: 65000, peers: '10.0.0.15' } });
  expect(running.zones.ids.ev).toMatchObject({
    exitnodes: { pve: 1, pve2: 1 },
    controller: 'routes',
    mac: expect.stringContaining(':'),
  });
  expect(applied(host.commands)).toBe(2);
  await host.close();
});

test('one without controllers has the digest that it had before there were any', () => {
  const { spec } = targetOf(FRONT);
  expect(kind.recorded?.(spec)).toEqual({
    ...{ sdn_zones: spec['sdn_zones'], sdn_vnets: spec['sdn_vnets'], sdn_subnets: spec['sdn_subnets'] },
  });
  expect(kind.recorded?.(targetOf(EVPN).spec)).toHaveProperty('sdn_controllers.routes');
});

test('everything is created and changed in one step, and applied once', async () => {
  const host = await openLabHost();
  expect(await convergeStep(kind, host, wanted(targetOf(FRONT)))).toMatchObject({ outcome: 'done' });
  expect(applied(host.commands)).toBe(1);
  expect(
    host.commands.filter((line) => line.startsWith('pvesh ')).map((line) => line.split(' ').slice(0, 5).join(' ')),
  ).toEqual([
    'pvesh create /cluster/sdn/zones --zone lan',
    'pvesh create /cluster/sdn/zones --zone far',
    'pvesh create /cluster/sdn/vnets --vnet vnet1',
    'pvesh create /cluster/sdn/vnets --vnet vnet2',
    'pvesh create /cluster/sdn/vnets/vnet1/subnets --subnet 10.10.0.0/24',
    'pvesh create /cluster/sdn/vnets/vnet1/subnets --subnet fd00:1::/64',
    'pvesh set /cluster/sdn',
  ]);
  const change = wanted(targetOf(OTHER), { before: targetOf(FRONT).spec });
  expect(await convergeStep(kind, host, change)).toMatchObject({ outcome: 'done' });
  expect(applied(host.commands)).toBe(2);
  expect(await host.read('/etc/network/interfaces.d/sdn')).toContain('iface vnet3');
  await host.close();
});

test('what was changed and not applied, by a crash or on a node that did not take it over, is applied by the next run', async () => {
  const host = await openLabHost();
  const target = targetOf(FRONT);
  await convergeStep(kind, host, wanted(target));
  const running = JSON.parse(await host.read(RUNNING));
  delete running.vnets.ids.vnet2;
  await host.write(RUNNING, JSON.stringify(running));
  const end = await convergeStep(kind, host, wanted(target, { before: target.spec }));
  expect(end).toMatchObject({ outcome: 'done', actions: [{ summary: 'apply the software-defined network' }] });
  await host.write('/etc/network/interfaces.d/sdn', '#version:1\n');
  const again = await convergeStep(kind, host, wanted(target, { before: target.spec }));
  expect(again).toMatchObject({ outcome: 'done', actions: [{ summary: 'apply the software-defined network' }] });
  await host.close();
});

test.each([
  ['a zone of their own', ZONES, 'simple: other\n\n', 'zone other (type)'],
  ['an option of ours that nobody declares', VNETS, null, 'vnet vnet1 (vlanaware)'],
])('what a person changed and did not apply holds the application back: %s', async (_, path, more, told) => {
  const host = await openLabHost();
  const target = targetOf(FRONT);
  await convergeStep(kind, host, wanted(target));
  const text = await host.read(path);
  await host.write(
    path,
    more === null ? text.replace('vnet: vnet1\n', 'vnet: vnet1\n\tvlanaware 1\n') : `${text}${more}`,
  );
  const before = await host.read(path);
  const idle = await convergeStep(kind, host, wanted(target, { before: target.spec }));
  expect(idle).toMatchObject({ outcome: 'done', actions: [] });
  const end = await convergeStep(kind, host, wanted(targetOf(OTHER), { before: target.spec }));
  expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining(told) });
  expect([await host.read(path), applied(host.commands)]).toEqual([before, 1]);
  await host.close();
});

test('a vnet that a guest is on is not deleted, and every deletion waits for an approval', async () => {
  const host = await openLabHost();
  const target = targetOf(FRONT);
  const less = targetOf({ sdn_zones: { lan: FRONT.sdn_zones.lan }, sdn_vnets: { vnet1: FRONT.sdn_vnets.vnet1 } });
  const change = { target: target.id, verb: 'update', before: target.spec, after: less.spec, fields: [] } as const;
  expect(impactOf(change)).toBe('destroy');
  await convergeStep(kind, host, wanted(target));
  const unapproved = await convergeStep(kind, host, wanted(less, { before: target.spec }));
  expect(unapproved).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('vnet vnet2') });
  await host.write('/etc/pve/lxc/105.conf', 'net0: name=eth0,bridge=vnet2,type=veth\n');
  const used = await convergeStep(kind, host, wanted(less, { before: target.spec, approved: true }));
  expect(used).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('still the bridge of 105') });
  await host.write('/etc/pve/lxc/105.conf', 'net0: name=eth0,bridge=vnet1,type=veth\n');
  const end = await convergeStep(kind, host, wanted(less, { before: target.spec, approved: true }));
  expect(end).toMatchObject({ outcome: 'done' });
  const whole = await convergeStep(kind, host, gone(less, { approved: true }));
  expect(whole).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('still the bridge of 105') });
  await host.close();
});

test('a subnet of a single address may have any gateway, and a zone of type qinq one vnet without a tag', () => {
  const problems = problemsOf({
    sdn_zones: { ...QINQ, lan: FRONT.sdn_zones.lan },
    sdn_vnets: { a1: { zone: 'outer' }, a2: { zone: 'outer', tag: 5 }, vnet1: { zone: 'lan' } },
    sdn_subnets: { 'vnet1/10.11.0.5/32': { gateway: '192.168.7.1' } },
  });
  expect(problems).toEqual([]);
});

test('a change that subnets prevent is reported before anything is changed', async () => {
  const host = await openLabHost();
  const target = targetOf(FRONT);
  await convergeStep(kind, host, wanted(target));
  const SUBNETS = '/etc/pve/sdn/subnets.cfg';
  const theirs = 'subnet: lan-10.20.0.0-24\n\tvnet vnet1\n\n';
  await host.write(SUBNETS, `${await host.read(SUBNETS)}${theirs}`);
  await host.write('/etc/pve/sdn/pve-ipam-state.json', GIVEN);
  const { ipam: _, ...lan } = FRONT.sdn_zones.lan;
  const { 'vnet1/10.10.0.0/24': _first, ...less } = FRONT.sdn_subnets;
  const asked: [object, string][] = [
    [{ ...FRONT, sdn_zones: { ...FRONT.sdn_zones, lan } }, 'ipam of zone lan cannot be changed'],
    [
      {
        ...FRONT,
        sdn_zones: { ...FRONT.sdn_zones, other: { type: 'simple', ipam: 'pve' } },
        sdn_vnets: { ...FRONT.sdn_vnets, vnet1: { zone: 'other' } },
      },
      'vnet vnet1 cannot come to another zone',
    ],
    [
      { ...FRONT, sdn_vnets: { ...FRONT.sdn_vnets, vnet1: { zone: 'lan', vlanaware: true } }, sdn_subnets: {} },
      'vnet vnet1 cannot be vlanaware',
    ],
    [{ ...FRONT, sdn_subnets: less }, 'its addresses 10.10.0.101 are given out'],
  ];
  host.forget();
  for (const [datacenter, reason] of asked) {
    const end = await convergeStep(kind, host, wanted(targetOf(datacenter), { before: target.spec, approved: true }));
    expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining(reason) });
  }
  expect(host.commands.filter((line) => line.startsWith('pvesh '))).toEqual([]);
  await host.close();
});

const GIVEN = JSON.stringify({
  zones: {
    lan: { subnets: { '10.10.0.0/24': { ips: { '10.10.0.1': { gateway: 1 }, '10.10.0.101': { vmid: 101 } } } } },
  },
});

test('dnszone is sent together with its server, since Proxmox expects both in one call', async () => {
  const host = await openLabHost();
  const named = (dnszone: string) =>
    targetOf({
      sdn_dns: {
        names: { type: 'powerdns', url: 'http://10.0.0.9:8081/api', key: { $secret: 'file:/etc/phoenix/secrets/one' } },
      },
      sdn_zones: { lan: { type: 'simple', dns: 'names', dnszone } },
    });
  await host.write('/etc/pve/sdn/dns.cfg', 'powerdns: names\n\tkey x\n\turl http://10.0.0.9:8081/api\n\n');
  const [first, second] = [named('lab.example'), named('home.example')];
  expect(await convergeStep(kind, host, wanted(first))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(kind, host, wanted(second, { before: first.spec }))).toMatchObject({ outcome: 'done' });
  expect(host.commands).toContain('pvesh set /cluster/sdn/zones/lan --dnszone home.example --dns names');
  await host.close();
});

test('a guest whose bridge is a declared vnet waits for it', () => {
  const guests = JSON.parse(String(repositoryFiles()['etc/phoenix_lxc_configs.json']));
  guests.lxc_configs['101'].networks = [{ bridge: 'vnet1', ip: '10.10.0.5/24' }];
  const { config } = read({ ...withDatacenter(FRONT), 'etc/phoenix_lxc_configs.json': JSON.stringify(guests) });
  if (config === null) throw new Error('it is not sound');
  const targets = allTargets(config);
  expect(targets.get(targetId('lxc', 101))?.needs).toContain('sdn/network');
  const made = makePlan({ from: null, to: 'one', before: new Map(), after: targets, impact: impactOf });
  expect(made.kind).toBe('plan');
});

test.each([
  [
    'a name that is too long',
    { sdn_zones: { toolongname: { type: 'simple' } } },
    { path: '/sdn_zones/toolongname', message: expect.stringContaining('2 to 8') },
  ],
  [
    'a controller that nothing declares',
    { sdn_zones: { ev: { ...EVPN.sdn_zones.ev, controller: 'routs' } }, sdn_controllers: EVPN.sdn_controllers },
    { code: 'UNKNOWN_REFERENCE', path: '/sdn_zones/ev/controller', hint: expect.stringContaining('"routes"') },
  ],
  [
    'a controller of another type',
    { sdn_zones: { ev: { ...EVPN.sdn_zones.ev, controller: 'edge' } }, sdn_controllers: EVPN.sdn_controllers },
    { code: 'INVALID_VALUE', path: '/sdn_zones/ev/controller' },
  ],
  [
    'a second controller of EVPN',
    { sdn_controllers: { one: EVPN.sdn_controllers.routes, two: EVPN.sdn_controllers.routes } },
    { code: 'INVALID_VALUE', path: '/sdn_controllers/two/type' },
  ],
  ['a zone without its bridge', { sdn_zones: { vl: { type: 'vlan' } } }, { path: '/sdn_zones/vl' }],
  [
    'an option of another type of zone',
    { sdn_zones: { lan: { type: 'simple', bridge: 'vmbr0' } } },
    { path: '/sdn_zones/lan/bridge' },
  ],
  ['a VXLAN without peers', { sdn_zones: { far: { type: 'vxlan' } } }, { path: '/sdn_zones/far/type' }],
  [
    'a zone that nothing declares',
    { sdn_vnets: { vnet1: { zone: 'nowhere' } } },
    { code: 'UNKNOWN_REFERENCE', path: '/sdn_vnets/vnet1/zone' },
  ],
  [
    'a tag where the zone has none',
    { sdn_zones: FRONT.sdn_zones, sdn_vnets: { vnet1: { zone: 'lan', tag: 5 } } },
    { path: '/sdn_vnets/vnet1/tag' },
  ],
  [
    'a tag twice',
    { sdn_zones: FRONT.sdn_zones, sdn_vnets: { a1: { zone: 'far', tag: 5 }, a2: { zone: 'far', tag: 5 } } },
    { path: '/sdn_vnets/a2/tag', message: expect.stringContaining('vnet a1') },
  ],
  [
    'no tag where the zone has them',
    { sdn_zones: FRONT.sdn_zones, sdn_vnets: { a1: { zone: 'far' } } },
    { path: '/sdn_vnets/a1' },
  ],
  [
    'a gateway outside of its subnet',
    { ...FRONT, sdn_subnets: { 'vnet1/10.11.0.0/24': { gateway: '10.12.0.1' } } },
    { path: '/sdn_subnets/vnet1~110.11.0.0~124/gateway' },
  ],
  [
    'an address in the place of a network',
    { ...FRONT, sdn_subnets: { 'vnet1/10.11.0.5/24': {} } },
    { code: 'BAD_ADDRESS', hint: 'Write vnet1/10.11.0.0/24.' },
  ],
  [
    'a subnet of a vnet that nothing declares',
    { ...FRONT, sdn_subnets: { 'vnet9/10.11.0.0/24': {} } },
    { code: 'UNKNOWN_REFERENCE', path: '/sdn_subnets/vnet9~110.11.0.0~124' },
  ],
  [
    'a tag that a VXLAN of another zone has',
    {
      sdn_zones: { far: FRONT.sdn_zones.far, off: { type: 'vxlan', peers: ['10.0.0.15'] } },
      sdn_vnets: { a1: { zone: 'far', tag: 5 }, a2: { zone: 'off', tag: 5 } },
    },
    { path: '/sdn_vnets/a2/tag' },
  ],
  [
    'a second vnet without a tag',
    { sdn_zones: QINQ, sdn_vnets: { a1: { zone: 'outer' }, a2: { zone: 'outer', tag: 5 }, a3: { zone: 'outer' } } },
    { path: '/sdn_vnets/a3', message: expect.stringContaining('a1 is the one vnet') },
  ],
  [
    'a vnet that is called as the bridge of the host',
    { sdn_zones: FRONT.sdn_zones, sdn_vnets: { vmbr0: { zone: 'lan' } } },
    { path: '/sdn_vnets/vmbr0' },
  ],
  [
    'a bridge that is misspelt',
    { sdn_zones: { vl: { type: 'vlan', bridge: 'vbmr0' } } },
    { code: 'UNDECLARED_BRIDGE', path: '/sdn_zones/vl/bridge', hint: 'Did you mean "vmbr0"?' },
  ],
  [
    'one network on two vnets of a zone',
    {
      sdn_zones: { lan: FRONT.sdn_zones.lan, mine: { type: 'simple' } },
      sdn_vnets: { a1: { zone: 'lan' }, a2: { zone: 'lan' }, a3: { zone: 'mine' } },
      sdn_subnets: { 'a1/10.10.0.0/24': {}, 'a2/10.10.0.0/24': {}, 'a3/10.10.0.0/24': {} },
    },
    { path: '/sdn_subnets/a2~110.10.0.0~124', message: expect.stringContaining('vnet a1 of the same zone') },
  ],
  ...(
    [
      ['that ends before it begins', ['10.10.0.9', '10.10.0.5'], 'must be smaller than'],
      ['that begins outside', ['10.9.0.9', '10.10.0.5'], 'start-address 10.9.0.9 is not in subnet 10.10.0.0/24'],
      ['that ends outside', ['10.10.0.9', '10.11.0.5'], 'end-address 10.11.0.5 is not in subnet'],
      ['that overlaps another', ['10.10.0.90', '10.10.0.110'], 'must not overlap'],
    ] as const
  ).map(([what, [start, end], message]): [string, object, object] => [
    `a range of DHCP ${what}`,
    {
      ...FRONT,
      sdn_subnets: {
        'vnet1/10.10.0.0/24': {
          'dhcp-range': [
            { 'start-address': '10.10.0.100', 'end-address': '10.10.0.200' },
            { 'start-address': start, 'end-address': end },
          ],
        },
      },
    },
    { path: '/sdn_subnets/vnet1~110.10.0.0~124/dhcp-range', message: expect.stringContaining(message) },
  ]),
  [
    'an IPv6 subnet with DHCP and without a gateway',
    {
      sdn_zones: { lan: { ...FRONT.sdn_zones.lan, dhcp: 'dnsmasq' } },
      sdn_vnets: { vnet1: { zone: 'lan' } },
      sdn_subnets: {
        'vnet1/fd00:1::/64': { 'dhcp-range': [{ 'start-address': 'fd00:1::5', 'end-address': 'fd00:1::9' }] },
      },
    },
    { path: '/sdn_subnets/vnet1~1fd00:1::~164' },
  ],
  [
    'DHCP without an IPAM',
    { sdn_zones: { lan: { type: 'simple', dhcp: 'dnsmasq' } } },
    { path: '/sdn_zones/lan/dhcp', message: expect.stringContaining('ipam') },
  ],
  [
    'a zone of names without a server',
    { sdn_zones: { lan: { type: 'simple', dnszone: 'lab.example.org' } } },
    { path: '/sdn_zones/lan/dnszone' },
  ],
  [
    'a server of reverse names that nothing declares',
    { sdn_zones: { lan: { type: 'simple', reversedns: 'names' } } },
    { code: 'UNKNOWN_REFERENCE', path: '/sdn_zones/lan/reversedns' },
  ],
  [
    'a third router of BGP on a node',
    { sdn_controllers: { b1: BGP, b2: BGP, b3: BGP, b4: { ...BGP, node: 'pve2' } } },
    { path: '/sdn_controllers/b3/node' },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});
