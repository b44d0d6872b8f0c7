// The firewalls of vnets on a lab host: the contract of managers, the order in which they are changed, and refusals at their line.

import { expect, test } from 'vitest';
import { targetId } from '../../../../src/model/ids.ts';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const FILE = '/etc/pve/sdn/firewall/front.fw';
const kind = kindNamed('vnetfirewall');

const NETWORK = { sdn_zones: { inner: { type: 'simple' } }, sdn_vnets: { front: { zone: 'inner' } } };
const WEB = { type: 'forward', action: 'ACCEPT', macro: 'HTTPS', source: '+dc/trusted', comment: 'Sites' };
const PING = { type: 'forward', action: 'ACCEPT', proto: 'icmp', dest: '10.0.0.0/24' };
const NAMES = { ip_sets: { trusted: {} }, firewall_groups: { web: {} } };

function firewall(own: object) {
  return targetNamed('vnetfirewall/front', { ...NETWORK, ...NAMES, vnet_firewalls: { front: own } });
}

async function openWithVnet() {
  const host = await openLabHost();
  await host.write('/etc/pve/sdn/.running-config', JSON.stringify({ vnets: { ids: { front: { zone: 'inner' } } } }));
  await host.write('/etc/pve/firewall/cluster.fw', '[IPSET trusted]\n\n10.0.0.0/24\n\n[group web]\n\n');
  return host;
}

testContract(kind, [
  {
    name: 'the firewall of a vnet',
    open: openWithVnet,
    byLedger: true,
    target: firewall({ enable: true, policy_forward: 'DROP', rules: [WEB, PING] }),
    changed: firewall({
      enable: true,
      log_level_forward: 'info',
      rules: [{ ...WEB, log: 'info' }, { type: 'group', action: 'web' }, PING],
    }),
    state: (host) => host.readFile(FILE),
    foreign: {
      make: (host) => host.write(FILE, '[RULES]\n\nFORWARD DROP # of Ada\n\n'),
      state: (host) => host.readFile(FILE),
      refused: 'has rules that are not ours; take them over with phoenix adopt vnetfirewall/front',
    },
  },
]);

test('its rules are written before it is enabled, and what is no longer declared is removed', async () => {
  const host = await openWithVnet();
  const target = firewall({ enable: true, policy_forward: 'DROP', rules: [WEB, PING] });
  expect(await convergeStep(kind, host, wanted(target))).toMatchObject({ outcome: 'done' });
  expect(host.commands.filter((line) => line.startsWith('pvesh ')).at(-1)).toBe(
    'pvesh set /cluster/sdn/vnets/front/firewall/options --enable 1 --policy_forward DROP',
  );
  expect(await host.read(FILE)).toContain(
    '[RULES]\n\nFORWARD HTTPS(ACCEPT) -source +dc/trusted # Sites\nFORWARD ACCEPT -dest 10.0.0.0/24 -p icmp\n',
  );
  const none = { ...gone(target), before: target.spec };
  const before = host.commands.length;
  expect(await convergeStep(kind, host, none)).toMatchObject({ outcome: 'done' });
  // Rules that go while their policy is in force would cut guests off.
  const [first] = host.commands.slice(before).filter((line) => /^pvesh (set|delete) /.test(line));
  expect(first).toMatch(/^pvesh set \/cluster\/sdn\/vnets\/front\/firewall\/options /);
  expect(await host.readFile(FILE)).toBeUndefined();
  await host.close();
});

test('a file whose headings Proxmox does not read for their carriage returns is not emptied', async () => {
  const host = await openWithVnet();
  const text = '[RULES]\r\n\r\nFORWARD DROP # of Ada\r\n';
  await host.write(FILE, text);
  const end = await convergeStep(kind, host, wanted(firewall({ enable: true })));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining(`sed -i 's/\\r$//' ${FILE}`) });
  expect(await host.read(FILE)).toBe(text);
  await host.close();
});

test('a rule that Proxmox leaves out for its interface is mended, and an empty comment is no difference', async () => {
  const host = await openWithVnet();
  const target = firewall({ rules: [PING] });
  await convergeStep(kind, host, wanted(target));
  const text = await host.read(FILE);
  const again = () => convergeStep(kind, host, wanted(target, { before: target.spec }));
  await host.write(FILE, text.replace('-p icmp', '-p icmp #'));
  expect(await again()).toEqual({ outcome: 'done', actions: [] });
  await host.write(FILE, text.replace('FORWARD ACCEPT', 'FORWARD ACCEPT -i net0'));
  expect(await again()).toMatchObject({ outcome: 'done', actions: [expect.anything()] });
  expect(await host.read(FILE)).toBe(text);
  expect(await again()).toEqual({ outcome: 'done', actions: [] });
  await host.close();
});

test('a vnet that is not in force is waited for, and nothing of it has to be taken back', async () => {
  const host = await openLabHost();
  const target = firewall({ enable: true });
  expect(target.needs).toContain(targetId('sdn', 'network'));
  expect(await convergeStep(kind, host, wanted(target))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('vnet front is not in force'),
    actions: [],
  });
  expect(await convergeStep(kind, host, { ...gone(target), before: target.spec })).toEqual({
    outcome: 'done',
    actions: [],
  });
  await host.close();
});

test.each([
  [
    'a misspelt vnet',
    { vnet_firewalls: { frnt: { enable: true } } },
    { code: 'UNKNOWN_REFERENCE', path: '/vnet_firewalls/frnt', hint: expect.stringContaining('"front"') },
  ],
  [
    'a rule for what comes in',
    { vnet_firewalls: { front: { rules: [{ type: 'in', action: 'ACCEPT' }] } } },
    { code: 'INVALID_VALUE', path: '/vnet_firewalls/front/rules/0/type' },
  ],
  [
    'an action that Proxmox has not for it',
    { vnet_firewalls: { front: { rules: [{ type: 'forward', action: 'REJECT' }] } } },
    { code: 'INVALID_VALUE', path: '/vnet_firewalls/front/rules/0/action' },
  ],
  [
    'an IP set that is not known',
    { vnet_firewalls: { front: { enable: true, rules: [{ ...PING, dest: '+nosuch' }] } } },
    { code: 'BAD_RULE', path: '/vnet_firewalls/front/rules/0/dest', target: 'vnetfirewall/front' },
  ],
  [
    'a group that is not known',
    { vnet_firewalls: { front: { enable: true, rules: [{ type: 'group', action: 'nosuch' }] } } },
    { code: 'BAD_RULE', path: '/vnet_firewalls/front/rules/0/action' },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf({ ...NETWORK, ...datacenter })).toMatchObject([problem]);
});
