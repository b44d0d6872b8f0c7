// Fabrics of the software-defined network: created before what depends on them, changed as far as Proxmox allows, imported, and refused at their
// line.

import { expect, test } from 'vitest';
import { sdn } from '../../../../src/managers/datacenter/sdn/manager.ts';
import { registered } from '../../../../src/managers/index.ts';
import type { Target } from '../../../../src/model/target.ts';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { wanted } from '../../guests.ts';
import { problemsOf } from '../declared.ts';
import { read, withDatacenter } from '../example.ts';

const kind = registered(sdn);
const FILE = '/etc/pve/sdn/fabrics.cfg';
const RUNNING = '/etc/pve/sdn/.running-config';

function targetOf(datacenter: object): Target {
  const { config, problems } = read(withDatacenter(datacenter));
  const [target] = config === null ? [] : kind.targets(config);
  if (target === undefined) throw new Error(JSON.stringify(problems));
  return target;
}

const CORE = {
  sdn_fabrics: { core: { protocol: 'openfabric', ip_prefix: '10.30.0.0/24', hello_interval: 4 } },
  sdn_fabric_nodes: {
    'core/pve': {
      protocol: 'openfabric',
      ip: '10.30.0.1',
      interfaces: [{ name: 'eno2' }, { name: 'eno3', hello_multiplier: 10 }],
    },
    'core/pve2': { protocol: 'openfabric', ip: '10.30.0.2' },
  },
  sdn_zones: { far: { type: 'vxlan', fabric: 'core' } },
};
const OTHER = {
  ...CORE,
  sdn_fabrics: {
    core: { protocol: 'openfabric', ip_prefix: '10.30.0.0/16', csnp_interval: 20 },
    edge: { protocol: 'ospf', area: '0', ip_prefix: '10.31.0.0/24' },
  },
  sdn_fabric_nodes: {
    'core/pve': { protocol: 'openfabric', ip: '10.30.0.1', interfaces: [{ name: 'eno3' }] },
    'core/pve2': { protocol: 'openfabric', ip: '10.30.0.2', interfaces: [{ name: 'eno2', ip: '192.168.7.1/31' }] },
    'edge/pve': { protocol: 'ospf', ip: '10.31.0.1', interfaces: [{ name: 'eno4' }] },
  },
};

testContract(kind, [
  {
    name: 'a fabric and its nodes',
    open: () => openLabHost(),
    byLedger: true,
    target: targetOf(CORE),
    changed: targetOf(OTHER),
    state: async (host) => {
      const { version: _, ...running } = JSON.parse((await host.readFile(RUNNING)) ?? '{}');
      return [(await host.readFile(FILE)) ?? '', running];
    },
    foreign: {
      make: (host) => host.write(FILE, 'openfabric_fabric: core\n\tip_prefix 10.99.0.0/24\n\n'),
      state: (host) => host.readFile(FILE),
      refused: 'fabric core is not ours',
    },
  },
]);

test('it is written and applied as Proxmox keeps it, and the order of interfaces is no difference', async () => {
  const host = await openLabHost();
  const target = targetOf(CORE);
  await convergeStep(kind, host, wanted(target));
  const node =
    'openfabric_node: core_pve\n\tinterfaces name=eno2\n\tinterfaces name=eno3,hello_multiplier=10\n\tip 10.30.0.1\n';
  expect(await host.read(FILE)).toContain(node);
  expect(JSON.parse(await host.read(RUNNING)).fabrics.ids).toMatchObject({
    core: { type: 'openfabric_fabric', id: 'core', hello_interval: 4 },
    core_pve: { type: 'openfabric_node', interfaces: ['name=eno2', 'name=eno3,hello_multiplier=10'] },
  });
  const text = await host.read(FILE);
  const turned = text.replace(/(\tinterfaces name=eno2\n)(\tinterfaces .*\n)/, '$2$1');
  await host.write(FILE, turned);
  const again = await convergeStep(kind, host, wanted(target, { before: target.spec }));
  expect(again).toEqual({ outcome: 'done', actions: [] });
  await host.close();
});

test('a change that Proxmox does not allow in one step is reported before anything is done', async () => {
  const host = await openLabHost();
  const target = targetOf(CORE);
  await convergeStep(kind, host, wanted(target));
  const moved = targetOf({
    ...CORE,
    sdn_fabrics: { core: { ...CORE.sdn_fabrics.core, ip_prefix: '10.40.0.0/24' } },
    sdn_fabric_nodes: { 'core/pve': { protocol: 'openfabric', ip: '10.40.0.1' } },
  });
  const before = await host.read(FILE);
  const outside = await convergeStep(kind, host, wanted(moved, { before: target.spec, approved: true }));
  expect(outside).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('while core/pve has no ip within it; take such nodes out of the file first'),
  });
  expect(await host.read(FILE)).toBe(before);
  const both = { ...CORE.sdn_fabrics.core, ip6_prefix: 'fd00::/64' };
  const alone = { ...CORE, sdn_fabrics: { core: both }, sdn_fabric_nodes: {} };
  const wide = targetOf(alone);
  const emptied = await convergeStep(kind, host, wanted(wide, { before: target.spec, approved: true }));
  expect(emptied).toMatchObject({ outcome: 'done' });
  const narrow = targetOf({ ...alone, sdn_fabrics: CORE.sdn_fabrics });
  const less = await convergeStep(kind, host, wanted(narrow, { before: wide.spec }));
  expect(less).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('takes no ip6_prefix away') });
  await host.close();
});

test('a fabric that a zone used is deleted after the zone was changed', async () => {
  const host = await openLabHost();
  const target = targetOf(CORE);
  await convergeStep(kind, host, wanted(target));
  const peers = targetOf({ sdn_zones: { far: { type: 'vxlan', peers: ['10.0.0.13'] } } });
  const end = await convergeStep(kind, host, wanted(peers, { before: target.spec, approved: true }));
  expect(end).toMatchObject({ outcome: 'done' });
  expect((await host.readFile(FILE)) ?? '').toBe('');
  await host.close();
});

test('what is in force is read back as it would be declared, and nothing that cannot be', async () => {
  const host = await openLabHost();
  const target = targetOf(OTHER);
  await convergeStep(kind, host, wanted(target));
  const found = await sdn.imports?.observe(host);
  const imported = found === undefined ? undefined : sdn.imports?.written(found, 'different', '/etc/phoenix/secrets');
  expect(imported).toMatchObject({
    left: [],
    files: {
      'etc/phoenix_datacenter_config.json': {
        sdn_fabrics: OTHER.sdn_fabrics,
        sdn_fabric_nodes: OTHER.sdn_fabric_nodes,
        sdn_zones: OTHER.sdn_zones,
      },
    },
  });
  const running = JSON.parse(await host.read(RUNNING));
  running.fabrics.ids.tunnel = { type: 'wireguard_fabric', id: 'tunnel' };
  await host.write(RUNNING, JSON.stringify(running));
  await host.write(FILE, `${await host.read(FILE)}wireguard_fabric: tunnel\n\n`);
  const more = await sdn.imports?.observe(host);
  const again = more === undefined ? undefined : sdn.imports?.written(more, 'different', '/etc/phoenix/secrets');
  expect(again?.left).toEqual([{ what: 'fabric/tunnel (/etc/pve/sdn/fabrics.cfg:21)', why: expect.any(String) }]);
  await host.close();
});

const node = (options: object, more: object = {}) => ({
  sdn_fabrics: CORE.sdn_fabrics,
  sdn_fabric_nodes: { 'core/pve': { protocol: 'openfabric', ip: '10.30.0.1', ...options }, ...more },
});

test.each([
  ['no prefix', { sdn_fabrics: { core: { protocol: 'openfabric' } } }, { path: '/sdn_fabrics/core/protocol' }],
  [
    'OSPF without an area',
    { sdn_fabrics: { e: { protocol: 'ospf', ip_prefix: '10.0.0.0/24' } } },
    { path: '/sdn_fabrics/e' },
  ],
  [
    'an area that is none',
    { sdn_fabrics: { core: { protocol: 'ospf', ip_prefix: '10.0.0.0/24', area: '1.2.3' } } },
    { path: '/sdn_fabrics/core/area' },
  ],
  [
    'an area twice, however it is written',
    {
      sdn_fabrics: {
        one: { protocol: 'ospf', ip_prefix: '10.1.0.0/24', area: '1' },
        two: { protocol: 'ospf', ip_prefix: '10.2.0.0/24', area: '0.0.0.1' },
      },
    },
    { path: '/sdn_fabrics/two/area', message: expect.stringContaining('fabric one') },
  ],
  [
    'prefixes that overlap',
    {
      sdn_fabrics: {
        one: { protocol: 'openfabric', ip_prefix: '10.1.0.0/16' },
        two: { protocol: 'openfabric', ip_prefix: '10.1.2.0/24' },
      },
    },
    { path: '/sdn_fabrics/two/ip_prefix' },
  ],
  [
    'an address in the place of a prefix',
    { sdn_fabrics: { core: { protocol: 'openfabric', ip_prefix: '10.1.0.5/24' } } },
    { code: 'BAD_ADDRESS', hint: 'Write 10.1.0.0/24.' },
  ],
  [
    'half a second',
    { sdn_fabrics: { core: { ...CORE.sdn_fabrics.core, hello_interval: 1.5 } } },
    { path: '/sdn_fabrics/core/hello_interval' },
  ],
  ['an address outside', node({ ip: '10.31.0.1' }), { path: '/sdn_fabric_nodes/core~1pve/ip' }],
  [
    'an address twice',
    node({}, { 'core/pve2': { protocol: 'openfabric', ip: '10.30.0.1' } }),
    { path: '/sdn_fabric_nodes/core~1pve2/ip', message: expect.stringContaining('core/pve') },
  ],
  ['a prefix that is not there', node({ ip6: 'fd00::1' }), { path: '/sdn_fabric_nodes/core~1pve/ip6' }],
  ['another protocol', node({ protocol: 'ospf' }), { path: '/sdn_fabric_nodes/core~1pve/protocol' }],
  [
    'an interface twice',
    node({ interfaces: [{ name: 'eno2' }, { name: 'eno2' }] }),
    { path: '/sdn_fabric_nodes/core~1pve/interfaces/1' },
  ],
  [
    'a node of a fabric that nothing declares',
    { sdn_fabric_nodes: { 'cor/pve': { protocol: 'openfabric', ip: '10.30.0.1' } }, sdn_fabrics: CORE.sdn_fabrics },
    { code: 'UNKNOWN_REFERENCE', hint: expect.stringContaining('"core"') },
  ],
  [
    'a zone of a fabric that nothing declares',
    { sdn_zones: { far: { type: 'vxlan', fabric: 'nowhere' } } },
    { code: 'UNKNOWN_REFERENCE', path: '/sdn_zones/far/fabric' },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});
