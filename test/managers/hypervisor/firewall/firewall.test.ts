// The firewall of the host: compared by meaning, compiled, restored when Proxmox cannot parse it, and never so that it locks everybody out.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FirewallRule } from '../../../../src/managers/guest/declared.ts';
import type { HostFirewall } from '../../../../src/managers/hypervisor/declared.ts';
import { FILES, type FirewallSpec, isAsWanted } from '../../../../src/managers/hypervisor/firewall/files.ts';
import { filteringIn } from '../../../../src/managers/hypervisor/firewall/filtering.ts';
import { lockout } from '../../../../src/managers/hypervisor/firewall/reach.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { container, environment, gone, wanted } from '../../guests.ts';
import { asWorker } from '../../step.ts';
import { LOOKS, manager, partOf, withHost } from '../parts.ts';

const CLUSTER = '/etc/pve/firewall/cluster.fw';
const HOST = '/etc/pve/local/host.fw';
const UNPROVED = '/var/lib/phoenix/firewall/unproved.json';
const PREVIOUS = '/var/lib/phoenix/firewall/previous.json';

const ON = '[OPTIONS]\nenable: 1\n';
const LAN = { address: '192.168.1.10/24', interface: 'vmbr0' };
const V6 = { address: '2001:db8::10/64', interface: 'vmbr0' };
const AT = { file: '', path: '' };
const SSH: FirewallRule = {
  type: 'in',
  action: 'ACCEPT',
  source: '10.0.0.0/24',
  dest: null,
  proto: 'tcp',
  port: '22',
  sourcePort: null,
  iface: null,
  log: null,
  enabled: true,
  comment: 'SSH from the management network',
  writtenAt: AT,
};
const UNDECLARED = { enabled: null, policyIn: null, policyOut: null, rules: null } as const;
const rule = (own: Partial<FirewallRule>): FirewallRule => ({ ...SSH, comment: null, ...own });

function firewallOf(own: Partial<HostFirewall> = {}): Target {
  const told = { writtenAt: AT, enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [SSH], ...own } as const;
  const guest = container(101, {
    firewall: { enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [rule({ source: null, port: '6333' })] },
  });
  return partOf(withHost({ firewall: told }, environment(guest)), 'firewall');
}

/** The answer of a host whose firewall does not run, so that nothing is closed yet. */
const stopped = (line: string) =>
  line.startsWith('systemctl show --property=Id,')
    ? { stdout: 'Id=pve-firewall.service\nLoadState=loaded\nActiveState=inactive\n' }
    : undefined;
const texts = async (host: LabHost) => [(await host.readFile(CLUSTER)) ?? null, (await host.readFile(HOST)) ?? null];

testContract<LabHost>(manager, [
  {
    name: 'the firewall of the host',
    open: () => openLabHost(),
    target: firewallOf(),
    changed: firewallOf({ policyIn: 'REJECT', rules: [SSH, rule({ port: '8006', iface: 'vmbr0' })] }),
    state: texts,
    looks: LOOKS,
    foreign: {
      make: (host) => host.write('/etc/pve/firewall/101.fw', '[RULES]\n\nIN ACCEPT -p tcp -dport 80\n'),
      state: (host) => host.read('/etc/pve/firewall/101.fw'),
    },
  },
  {
    name: 'a firewall that somebody else wrote',
    open: () => openLabHost(),
    target: firewallOf(),
    changed: firewallOf({ policyIn: 'REJECT' }),
    state: texts,
    looks: LOOKS,
    foreign: {
      make: (host) => host.write(CLUSTER, '[OPTIONS]\n\nenable: 1\n'),
      state: texts,
      refused: 'phoenix adopt hypervisor/firewall',
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

  test('rules of guests are no rules of the host', async () => {
    expect(await step(firewallOf())).toMatchObject({ outcome: 'applied' });
    expect(await host.read(HOST)).toBe(
      `# Kept by Phoenix. Change it in the repository, not here.

[RULES]

IN ACCEPT -source 10.0.0.0/24 -p tcp -dport 22 # SSH from the management network
`,
    );
    expect(await host.read(CLUSTER)).toBe(
      `# Kept by Phoenix. Change it in the repository, not here.

[OPTIONS]

enable: 1
policy_in: DROP
policy_out: ACCEPT
`,
    );
  });

  test('a file with names alone, which others keep, is completed and keeps them', async () => {
    await host.write(CLUSTER, '[ALIASES]\n\nlan 10.0.0.0/24 # of others\n\n');
    expect(await step(firewallOf())).toMatchObject({ outcome: 'applied' });
    expect(await host.read(CLUSTER)).toMatch(/policy_in: DROP[\s\S]*\[ALIASES\]\n\nlan 10\.0\.0\.0\/24 # of others/);
  });

  test('what was there before is kept, and nothing is restarted', async () => {
    await step(firewallOf());
    await step(firewallOf({ policyIn: 'REJECT' }));
    expect(JSON.parse(await host.read(PREVIOUS)).cluster.before).toContain('policy_in: DROP');
    expect(await host.has(UNPROVED)).toBe(false);
    expect(host.commands.filter((line) => /restart/.test(line))).toEqual([]);
  });

  test('what Proxmox reads nothing of for its carriage returns comes into force only when it is adopted', async () => {
    await host.write(HOST, '[OPTIONS]\r\n\r\nenable: 0\r\n');
    const end = await convergeStep(manager, host, wanted(firewallOf()));
    expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('carriage returns') });
    const adopted = await convergeStep(manager, host, wanted(firewallOf(), { adopt: true }));
    expect(adopted).toMatchObject({ outcome: 'done' });
    expect(await host.read(HOST)).not.toContain('\r');
  });

  test('what comes into force when carriage returns are taken out of a file of Phoenix is said', async () => {
    await step(firewallOf());
    const edited = `${await host.read(HOST)}\n[OPTIONS]\n\nlog_level_in: info\n`.replaceAll('\n', '\r\n');
    await host.write(HOST, edited);
    const { actions } = await convergeStep(manager, host, wanted(firewallOf(), { before: firewallOf().spec }));
    expect(actions.map(({ summary }) => summary).join('\n')).toContain('comes into force what else the file has');
    expect(await host.read(HOST)).toContain('log_level_in: info\n');
  });

  test('a line that Proxmox does not understand brings back what was there', async () => {
    await step(firewallOf());
    const before = await texts(host);
    const end = await step(firewallOf({ rules: [SSH, rule({ source: '+nobody-knows' })] }));
    expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('nobody-knows') });
    expect(await texts(host)).toEqual(before);
    expect(await step(firewallOf())).toMatchObject({ outcome: 'unchanged' });
  });

  test('a fault in the firewall of a guest is not one of the host', async () => {
    await convergeStep(manager, host, wanted(firewallOf()));
    await host.write('/etc/pve/lxc/101.conf', 'hostname: x\n');
    await host.write('/etc/pve/firewall/101.fw', '[RULES]\n\nIN CONJURE\n');
    expect(await step(firewallOf({ policyIn: 'REJECT' }))).toMatchObject({ outcome: 'applied' });
  });

  test('killed before it was proved, the next run puts back what Proxmox does not understand', async () => {
    await step(firewallOf());
    const before = await texts(host);
    const bad = firewallOf({ rules: [SSH, rule({ source: '+nobody-knows' })] });
    const { run } = host;
    host.run = async (command, options) => {
      if (command.program === 'pve-firewall' && (await host.read(HOST)).includes('nobody')) throw new Error('killed');
      return run(command, options);
    };
    await expect(step(bad)).rejects.toThrow('killed');
    host.run = run;
    expect(await texts(host)).not.toEqual(before);
    expect(await step(bad)).toMatchObject({ outcome: 'failed' });
    expect(await texts(host)).toEqual(before);
    expect(await host.has(UNPROVED)).toBe(false);
  });

  test('Proxmox may write the files anew in its own words', async () => {
    await step(firewallOf());
    await host.write(CLUSTER, '[OPTIONS]\n\npolicy_out: ACCEPT\nenable: 1\npolicy_in: DROP\n\n');
    host.forget();
    expect(await step(firewallOf())).toMatchObject({ outcome: 'unchanged' });
    const changed = firewallOf({ policyIn: 'REJECT' });
    const again = wanted(changed, { before: firewallOf().spec });
    expect(await convergeStep(manager, host, again)).toMatchObject({ outcome: 'done' });
  });

  test('adopted, its rules are replaced and its names stay', async () => {
    const names = '[ALIASES]\n\noffice 192.168.7.0/24 # where people sit\n\n[IPSET management]\n\noffice\n';
    await host.write(CLUSTER, `[OPTIONS]\n\nebtables: 0\n\n${names}\n[RULES]\n\nIN ACCEPT -p tcp -dport 6333\n`);
    const adopted = wanted(firewallOf(), { adopt: true });
    expect(await convergeStep(manager, host, adopted)).toMatchObject({ outcome: 'done' });
    expect(await host.read(CLUSTER)).toBe(
      `# Kept by Phoenix. Change it in the repository, not here.

[OPTIONS]

enable: 1
policy_in: DROP
policy_out: ACCEPT
ebtables: 0

${names}`,
    );
  });

  test.each<[string, Partial<HostFirewall>, string | null]>([
    ['the policy alone', { rules: [] }, null],
    ['a rule that refuses SSH', { rules: [rule({ action: 'DROP', source: null })] }, '22 (SSH)'],
    [
      'a rule that refuses everything',
      { rules: [rule({ action: 'REJECT', source: null, port: null, proto: null })] },
      '22 (SSH)',
    ],
    [
      'a rule that refuses Proxmox',
      { rules: [SSH, rule({ action: 'DROP', source: '0.0.0.0/0', port: '8000:8100' })] },
      '8006 (Proxmox)',
    ],
    ['the same after one that accepts', { rules: [SSH, rule({ action: 'DROP', source: null })] }, null],
    ['a rule that refuses another network', { rules: [rule({ action: 'DROP', source: '10.9.0.0/16' })] }, null],
    ['a rule that refuses one machine', { rules: [rule({ action: 'DROP', source: '10.0.0.66' })] }, null],
    ['a rule that is switched off', { rules: [rule({ action: 'DROP', source: null, enabled: false })] }, null],
    ['a firewall that is switched off', { enabled: false, rules: [rule({ action: 'DROP', source: null })] }, null],
  ])('%s', async (_, own, closed) => {
    const end = await step(firewallOf(own));
    if (closed === null) expect(end).toMatchObject({ outcome: 'applied' });
    else {
      expect(end).toMatchObject({
        outcome: 'blocked',
        reason: expect.stringContaining(`close port ${closed} of the host`),
      });
      expect(await texts(host)).toEqual([null, null]);
    }
  });

  test('guests on a network of their own may be kept away from the host', async () => {
    const inner = 'auto vmbr5\niface vmbr5 inet static\n\taddress 10.5.0.1/24\n\tbridge-ports none\n';
    await host.write('/etc/network/interfaces.d/inner', inner);
    const away = rule({ action: 'DROP', source: '10.5.0.0/24' });
    expect(await step(firewallOf({ rules: [away, SSH] }))).toMatchObject({ outcome: 'applied' });
    const inside = rule({ action: 'DROP', source: null, port: null, proto: null, iface: 'vmbr5' });
    expect(await step(firewallOf({ rules: [inside, SSH] }))).toMatchObject({ outcome: 'applied' });
    const outside = { ...inside, iface: 'vmbr0' };
    expect(await step(firewallOf({ rules: [outside, SSH] }))).toMatchObject({ outcome: 'blocked' });
    const all = rule({ action: 'DROP', source: null, dest: '10.0.0.13' });
    expect(await step(firewallOf({ rules: [all, SSH] }))).toMatchObject({ outcome: 'blocked' });
  });

  test('an agent that comes by SSH from elsewhere is not locked out', async () => {
    host.instead = (line) =>
      line === 'printenv SSH_CONNECTION' ? { stdout: '192.168.7.5 50000 10.0.0.13 2222\n' } : undefined;
    const end = await step(firewallOf());
    expect(end).toMatchObject({ outcome: 'blocked' });
    expect(end.reason).toBe(
      'policy DROP would close port 2222 (SSH) of the host to Phoenix, which comes from 192.168.7.5: add a rule that accepts TCP port 2222 from there',
    );
    const letIn = rule({ source: '192.168.7.0/24', port: '2222' });
    expect(await step(firewallOf({ rules: [SSH, letIn] }))).toMatchObject({ outcome: 'applied' });
  });

  test('an agent of the local network is let in by Proxmox only to its own ports', async () => {
    const comesTo = (port: number) => {
      host.instead = (line) =>
        line === 'printenv SSH_CONNECTION' ? { stdout: `10.0.0.5 50000 10.0.0.13 ${port}\n` } : undefined;
    };
    comesTo(2222);
    expect((await step(firewallOf({ rules: [] }))).reason).toContain('policy DROP would close port 2222 (SSH)');
    comesTo(22);
    expect(await step(firewallOf({ rules: [] }))).toMatchObject({ outcome: 'applied' });
  });

  test('a change of a rule is not refused for what the running firewall closes already', async () => {
    const second = 'iface vmbr0 inet6 static\n\taddress 2001:db8::13/64\n\tgateway 2001:db8::1\n';
    await host.write('/etc/network/interfaces.d/second', second);
    const web = firewallOf({ rules: [SSH, rule({ port: '443' })] });
    await host.write(CLUSTER, '[OPTIONS]\n\nenable: 1\n');
    const adopting = () => convergeStep(manager, host, wanted(web, { adopt: true }));
    host.instead = stopped;
    expect(await adopting()).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('close port 22 (SSH) of the host to 2001:db8::13/64'),
    });
    host.instead = () => undefined;
    expect(await adopting()).toMatchObject({ outcome: 'done' });
    expect(await host.read(HOST)).toContain('-dport 443');
  });

  describe('where pve-firewall localnet fails', () => {
    const failing = (stderr: string, exit: number) => {
      host.instead = (line) => (line === 'pve-firewall localnet' ? { exit, stderr } : undefined);
    };

    test.each<[string, Partial<HostFirewall>]>([
      ['a firewall that is switched off', { enabled: false }],
      ['a policy that accepts', { policyIn: 'ACCEPT' }],
      ['rules that let in whoever manages the host', { rules: [rule({ port: '22,8006' })] }],
    ])('%s is written without it', async (_, own) => {
      failing('Name or service not known\n', 255);
      expect(await step(firewallOf(own))).toMatchObject({ outcome: 'applied' });
      expect(host.commands).not.toContain('pve-firewall localnet');
    });

    test.each<[string, number, string]>([
      ['Name or service not known\n', 255, 'see that the name of the node has an address'],
      [
        'phoenix-shell: refused: pve-firewall localnet\n',
        126,
        "install this version's files of deploy/ssh on the node",
      ],
    ])('what depends on it is not written, and the error says what to do: %s', async (stderr, exit, remedy) => {
      failing(stderr, exit);
      const set = '[IPSET management]\n\n10.9.0.1\n';
      await host.write(CLUSTER, set);
      const ports = rule({ port: '22,8006' });
      const ofSet = { ...ports, source: '+dc/management' };
      for (const rules of [[], [SSH], [{ ...ofSet, action: 'DROP' }, ports], [ofSet]])
        await expect(step(firewallOf({ rules }))).rejects.toThrow(remedy);
      expect(await texts(host)).toEqual([set, null]);
    });
  });

  test.each<['ACCEPT' | 'DROP', string]>([
    ['ACCEPT', 'applied'],
    ['DROP', 'blocked'],
  ])(
    'an agent that comes to an address of an alias comes in by the interface of the alias: %s',
    async (action, outcome) => {
      await host.write('/etc/network/interfaces.d/second', 'iface vmbr0:1 inet static\n\taddress 10.20.0.13/24\n');
      host.instead = (line) =>
        line === 'printenv SSH_CONNECTION' ? { stdout: '10.20.0.5 50000 10.20.0.13 22\n' } : undefined;
      const byInterface = rule({ action, source: '10.20.0.0/24', iface: 'vmbr0' });
      const others = rule({ source: '10.20.0.0/24' });
      const rules = action === 'DROP' ? [byInterface, others] : [byInterface];
      expect(await step(firewallOf({ rules }))).toMatchObject({ outcome });
    },
  );

  describe('counts what names of the datacenter stand for', () => {
    const NAMES = '[ALIASES]\n\nLAN 10.0.0.0/24\nupper 10.0.0.128/25\n\n';
    const dropFrom = (source: string) => rule({ action: 'DROP', source, proto: null, port: null });
    const ending = async (rules: readonly FirewallRule[], file: string) => {
      await host.write(CLUSTER, file);
      const { outcome } = await step(firewallOf({ rules: [...rules] }));
      return outcome;
    };

    test.each<[string, readonly FirewallRule[], string, 'applied' | 'blocked']>([
      ['an alias that is refused', [dropFrom('dc/lan')], NAMES, 'blocked'],
      ['an alias of a part', [dropFrom('upper')], NAMES, 'applied'],
      ['both parts, of which one is a range', [dropFrom('upper'), dropFrom('10.0.0.0-10.0.0.127')], NAMES, 'blocked'],
      [
        'an alias that is accepted before',
        [rule({ source: 'lan', port: '22,8006' }), dropFrom('0.0.0.0/0')],
        NAMES,
        'applied',
      ],
      ['a set', [dropFrom('+dc/away')], `${NAMES}[IPSET away]\n\nlan\n\n`, 'blocked'],
      [
        'a set without one machine',
        [dropFrom('+away')],
        `${NAMES}[IPSET away]\n\n10.0.0.0/8\n!10.0.0.7\n\n`,
        'applied',
      ],
      [
        'a set whose smaller network counts',
        [dropFrom('+away')],
        `${NAMES}[IPSET away]\n\n!10.0.0.0/8\n10.0.0.0/16\n\n`,
        'blocked',
      ],
      ['a protocol by its number', [rule({ action: 'DROP', source: null, proto: '6' })], NAMES, 'blocked'],
      ['the set that Proxmox drops first', [SSH], `[IPSET blacklist]\n\n10.0.0.0/16\n\n`, 'blocked'],
      ['one machine that Proxmox drops first', [SSH], `[IPSET blacklist]\n\n10.0.0.7\n\n`, 'applied'],
      ['another network as the local one', [], '[ALIASES]\n\nlocal_network 10.9.0.0/16\n\n', 'blocked'],
      [
        'another as the local one, and the set that Proxmox lets in',
        [],
        '[ALIASES]\n\nlocal_network 10.9.0.0/16\n\n[IPSET management]\n\n10.0.0.5\n\n',
        'applied',
      ],
    ])('%s', async (_, rules, file, outcome) => {
      expect(await ending(rules, file)).toBe(outcome);
      // The same again, over what it wrote.
      expect((await step(firewallOf({ rules: [...rules] }))).outcome).toBe(
        outcome === 'applied' ? 'unchanged' : 'blocked',
      );
    });
  });
});

describe('the rules of the datacenter', () => {
  let host: LabHost;
  beforeEach(async () => {
    host = await openLabHost();
  });
  afterEach(() => host.close());

  const PING = rule({ proto: 'icmp', port: null, source: null });
  const DROP = rule({ action: 'DROP', source: null, proto: null, port: null });
  const KEPT = '[ALIASES]\n\nlan 10.0.0.0/24\n';
  /** Of the datacenter alone where the host's firewall is not declared. */
  const rulesOf = (datacenterRules: readonly FirewallRule[], firewall: HostFirewall | null = null): Target =>
    partOf({ ...withHost({ firewall }), datacenterRules }, 'firewall');
  const OWN = { writtenAt: AT, enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [SSH] } as const;
  const end = (target: Target, more: Parameters<typeof wanted>[1] = {}) =>
    convergeStep(manager, host, wanted(target, more));

  test('are written in their order at once, and what is not declared stays: options, names and the rules of the host', async () => {
    await host.write(CLUSTER, `[OPTIONS]\n\nenable: 0\npolicy_in: REJECT\n\n${KEPT}`);
    await host.write(HOST, '[RULES]\n\nIN ACCEPT -p tcp -dport 80\n');
    const target = rulesOf([PING, DROP]);
    expect(await end(target)).toMatchObject({ outcome: 'done', actions: [expect.anything()] });
    expect(await host.read(CLUSTER)).toBe(
      `# Kept by Phoenix. Change it in the repository, not here.

[OPTIONS]

enable: 0
policy_in: REJECT

${KEPT}
[RULES]

IN ACCEPT -p icmp
IN DROP
`,
    );
    expect(await host.read(HOST)).toBe('[RULES]\n\nIN ACCEPT -p tcp -dport 80\n');
    expect(await end(target, { before: target.spec })).toEqual({ outcome: 'done', actions: [] });
    const other = rulesOf([DROP]);
    const seen = await manager.observe(host, wanted(other));
    expect(manager.differences(wanted(other), seen)).toMatchObject([
      { field: 'firewall_rules', declared: null, observed: { type: 'in', proto: 'icmp' } },
    ]);
  });

  test('of others are replaced only when they are adopted', async () => {
    await host.write(CLUSTER, `[RULES]\n\nIN ACCEPT -p tcp -dport 80\n\n${KEPT}`);
    expect(await end(rulesOf([PING]))).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('phoenix adopt hypervisor/firewall'),
    });
    expect(await end(rulesOf([PING]), { adopt: true })).toMatchObject({ outcome: 'done' });
    expect(await host.read(CLUSTER)).not.toContain('80');
  });

  test('make no options theirs that others keep beside them', async () => {
    await host.write(CLUSTER, '[OPTIONS]\n\nenable: 0\npolicy_in: REJECT\n');
    const alone = rulesOf([PING]);
    expect(await end(alone)).toMatchObject({ outcome: 'done' });
    expect(await end(rulesOf([PING], OWN), { before: alone.spec })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('phoenix adopt hypervisor/firewall'),
    });
  });

  test('lock nobody out, whether the firewall of the host is declared or is the one that it has', async () => {
    const closed = { outcome: 'refused', reason: expect.stringContaining('close port 22 (SSH)'), actions: [] };
    expect(await end(rulesOf([DROP], { ...OWN, rules: [] }))).toMatchObject(closed);
    expect(await end(rulesOf([DROP]))).toMatchObject({ outcome: 'done' });
    await host.write(CLUSTER, '[OPTIONS]\n\nenable: 1\n');
    expect(await end(rulesOf([DROP]))).toMatchObject(closed);
    // Those of the host are tried first.
    await host.write(HOST, '[RULES]\n\nIN SSH(ACCEPT) -source 10.0.0.0/24\nIN ACCEPT -p tcp -dport 8006\n');
    expect(await end(rulesOf([DROP]))).toMatchObject({ outcome: 'done' });
    expect(
      await end(rulesOf([SSH, rule({ port: '8006' }), DROP], { ...OWN, rules: [] }), { adopt: true }),
    ).toMatchObject({ outcome: 'done' });
  });

  test('lock nobody out behind a rule of others that cannot be declared, unless Proxmox leaves it out', async () => {
    const closed = { outcome: 'refused', reason: expect.stringContaining('close port 22 (SSH)'), actions: [] };
    const comment = 'x'.repeat(1001);
    host.instead = stopped;
    await host.write(HOST, `[RULES]\n\nIN DROP -p tcp -dport 22,8006 # ${comment}\n`);
    await host.write(CLUSTER, '[OPTIONS]\n\nenable: 1\n');
    expect(await end(rulesOf([SSH]))).toMatchObject(closed);
    await host.write(HOST, `[RULES]\n\nIN DROP -source nosuch -p tcp -dport 22 # ${comment}\n`);
    expect(await end(rulesOf([SSH]))).toMatchObject({ outcome: 'done' });
  });

  test.each<[string, 'done' | 'refused']>([
    ['IN DROP -source 0/0', 'refused'],
    ['IN DROP -source 10/8', 'refused'],
    ['IN DROP -source 010.0.0.0/255.255.255.0', 'refused'],
    ['IN DROP -source 11/8', 'done'],
    ['IN DROP -source 10.0.0.0/255.255.255.252', 'done'],
    ['IN ACCEPT -source 10.0/16\nIN DROP', 'done'],
    ['IN DROP -p hopopt', 'refused'],
    ['IN DROP -p tcp -sport 0', 'refused'],
    ['IN DROP -p tcp -dport 0', 'refused'],
    ['IN DROP -p tcp -dport 1', 'done'],
  ])('count rules of others as iptables reads them: %s', async (lines, outcome) => {
    host.instead = stopped;
    await host.write(HOST, `[RULES]\n\n${lines}\n`);
    await host.write(CLUSTER, '[OPTIONS]\n\nenable: 1\n');
    expect(await end(rulesOf([SSH, rule({ port: '8006' })]))).toMatchObject({ outcome });
  });

  test('stay when the firewall of the host is no longer declared, and are removed with their field', async () => {
    const both = rulesOf([PING], OWN);
    await end(both);
    const alone = rulesOf([PING]);
    expect(await end(alone, { before: both.spec })).toMatchObject({ outcome: 'done' });
    expect(await host.has(HOST)).toBe(false);
    expect(await host.read(CLUSTER)).toBe(
      '# Kept by Phoenix. Change it in the repository, not here.\n\n[RULES]\n\nIN ACCEPT -p icmp\n',
    );
    // As Proxmox writes it.
    await host.write(CLUSTER, '[OPTIONS]\n\nebtables: 0\n\n[RULES]\n\nIN ACCEPT -p icmp\n\n');
    expect(await convergeStep(manager, host, gone(alone))).toMatchObject({ outcome: 'done' });
    expect(await host.read(CLUSTER)).toBe('[OPTIONS]\n\nebtables: 0\n');
  });
});

test.each<[string, string | null]>([
  ['IN DROP -dest 10.10.0.10', null],
  ['IN ACCEPT -dest 10.10.0.10 -p tcp\nIN DROP', 'rule "IN DROP" would close port 22 (SSH)'],
  ['IN DROP -dest 192.168.1.10', 'rule "IN DROP -dest 192.168.1.10" would close port 22 (SSH)'],
])('a rule about one address of the host is about those who manage it by that one: %s', (lines, problem) => {
  const found = lockout(
    filteringIn(ON, `[RULES]\n${lines}\n`, '192.168.1.0/24'),
    { managed: [LAN], agent: null },
    null,
  );
  expect(found).toEqual(problem === null ? null : expect.stringContaining(problem));
});

test('a host whose own filter is off is open, and of an entry that is in a set twice the first counts', () => {
  const found = (cluster: string, host: string) =>
    lockout(filteringIn(cluster, host, '192.168.1.0/24'), { managed: [LAN], agent: null }, null);
  expect(found(ON, '[OPTIONS]\nenable: 0\n[RULES]\nIN DROP\n')).toBeNull();
  expect(found(ON, '[OPTIONS]\nenable: 1\n[RULES]\nIN DROP\n')).toContain('rule "IN DROP" would close');
  const twice = `${ON}[IPSET bad]\n192.168.1.0/24\n!192.168.1.0/24\n`;
  expect(found(twice, '[RULES]\nIN DROP -source +bad\n')).toContain('would close');
});

test.each<
  [string, { cluster?: string; host?: string; managed?: (typeof LAN)[]; from?: string; to?: string }, string | null]
>([
  [
    'of two networks with a gateway Proxmox opens one',
    { managed: [LAN, V6] },
    'close port 22 (SSH) of the host to 2001:db8::10/64',
  ],
  [
    'an IP set "management" opens the other',
    { managed: [LAN, V6], cluster: '[IPSET management]\n2001:db8::/64\n' },
    null,
  ],
  [
    'a network without gateway is not open',
    { from: '10.10.0.5', to: '10.10.0.10' },
    'Phoenix, which comes from 10.10.0.5',
  ],
  [
    'the alias "local_network" takes the place of what is detected',
    { cluster: '[ALIASES]\nlocal_network 10.10.0.0/24\n' },
    'to 192.168.1.10/24',
  ],
  [
    'nobody whom "management" leaves out is let in',
    { cluster: '[IPSET management]\n!192.168.1.0/28\n', from: '192.168.1.5' },
    'Phoenix, which comes from 192.168.1.5',
  ],
  ['the others of that network are', { cluster: '[IPSET management]\n!192.168.1.0/28\n', from: '192.168.1.77' }, null],
  [
    'the local network itself cannot be left out',
    { cluster: '[IPSET management]\n!192.168.1.0/24\n', from: '192.168.1.5' },
    null,
  ],
  [
    'a rule that refuses at another address is not about the agent',
    { host: 'IN DROP -source 192.168.1.5 -dest 10.10.0.10', from: '192.168.1.5' },
    null,
  ],
  [
    'a rule that refuses at the address that it uses is',
    { host: 'IN DROP -source 192.168.1.5 -dest 192.168.1.10', from: '192.168.1.5' },
    'Phoenix, which comes from',
  ],
  [
    'nor does one that accepts at another let it in',
    { host: 'IN ACCEPT -dest 10.10.0.10', from: '172.16.0.5' },
    'Phoenix, which comes from',
  ],
  [
    'an alias is the address that it names',
    {
      cluster: '[ALIASES]\nhostip 192.168.1.10\n',
      host: 'IN ACCEPT -source 172.16.0.5 -dest hostip',
      from: '172.16.0.5',
    },
    null,
  ],
])(
  'what Proxmox opens by itself: %s',
  (_, { cluster = '', host = '', managed = [LAN], from, to = '192.168.1.10' }, problem) => {
    const agent = from === undefined ? null : { from, to, port: 22, interfaces: ['vmbr0'] };
    const found = lockout(
      filteringIn(`${ON}${cluster}`, `[RULES]\n${host}\n`, '192.168.1.0/24'),
      { managed, agent },
      null,
    );
    expect(found).toEqual(problem === null ? null : expect.stringContaining(problem));
  },
);

test.each<[string, { host?: string; changed: string; cluster?: string; from?: string }, string | null]>([
  [
    'a network that no rule lets in is no reason to refuse another rule',
    { changed: 'IN ACCEPT -p tcp -dport 443' },
    null,
  ],
  ['another network is', { changed: 'IN DROP -source 192.168.1.0/24' }, 'to 192.168.1.10/24'],
  [
    'a port that is open beside a closed one is',
    { host: 'IN ACCEPT -source 2001:db8::/64 -p tcp -dport 8006', changed: '' },
    'close port 8006 (Proxmox) of the host to 2001:db8::10/64',
  ],
  [
    'what a set of SDN may let in counts as open',
    { host: 'IN ACCEPT -source +sdn/v1-all', changed: '' },
    'close port 22 (SSH) of the host to 2001:db8::10/64',
  ],
  ['a host that does not filter is open', { cluster: '', changed: '' }, 'to 2001:db8::10/64'],
  ['an agent has access', { changed: '', from: '172.16.0.5' }, 'Phoenix, which comes from 172.16.0.5'],
])(
  'what is closed already is not closed by the change: %s',
  (_, { cluster = ON, host = '', changed, from }, problem) => {
    const agent = from === undefined ? null : { from, to: '192.168.1.10', port: 22, interfaces: ['vmbr0'] };
    const filtering = (options: string, rules: string) => filteringIn(options, `[RULES]\n${rules}\n`, '192.168.1.0/24');
    const around = { managed: [LAN, V6], agent };
    expect(lockout(filtering(ON, changed), around, filtering(cluster, host))).toEqual(
      problem === null ? null : expect.stringContaining(problem),
    );
  },
);

describe('whatever people keep in the files', () => {
  const rules = fc.subarray([SSH, rule({ port: '8006' }), rule({ action: 'DROP', enabled: false })]);
  const ofHost = fc.record({
    enabled: fc.boolean(),
    policyIn: fc.constantFrom('ACCEPT', 'DROP', 'REJECT'),
    policyOut: fc.constantFrom('ACCEPT', 'DROP', 'REJECT'),
    rules,
  });
  const own: fc.Arbitrary<FirewallSpec> = fc.oneof(
    ofHost,
    fc
      .record({ filtering: ofHost, datacenterRules: rules })
      .map(({ filtering, ...more }) => ({ ...filtering, ...more })),
    rules.map((datacenterRules) => ({ ...UNDECLARED, datacenterRules })),
  );
  const part = fc.constantFrom(
    '[OPTIONS]\n\nebtables: 0\npolicy_in: ACCEPT\n',
    '[options]\n\nenable: 0\nlog_level_in: info\n',
    '[ALIASES]\n\noffice 192.168.7.0/24 # where people sit\n',
    '[IPSET management] # who may\n\noffice\n',
    '[IPSET none]\n\n',
    '[RULES]\n\nIN ACCEPT -p tcp -dport 6333\n|OUT DROP\n',
    '[group web]\n\nIN ACCEPT -p tcp -dport 80\n',
    '# a remark\n',
  );
  const present = fc.option(fc.uniqueArray(part).map((parts) => parts.join('\n')));

  test('it is written once, and what is not declared stays', () => {
    fc.assert(
      fc.property(own, own, present, fc.constantFrom('cluster' as const, 'host' as const), (one, other, text, name) => {
        const { text: written, without } = FILES[name];
        const first = written(one, text);
        expect(written(one, first)).toBe(first);
        expect(isAsWanted(first, written(one, first))).toBe(true);
        // What one declares and the other does not stays.
        if (one.enabled === null || other.enabled !== null)
          expect(written({ ...other, datacenterRules: [] }, first)).toBe(
            written({ ...other, datacenterRules: [] }, text),
          );
        const left = first === null ? null : without(first, one);
        expect(isAsWanted(left, text === null ? null : without(text, one))).toBe(true);
        for (const kept of ['office 192.168', '[IPSET management] # who may', '[group web]']) {
          expect(first?.includes(kept) ?? false).toBe(text?.includes(kept) ?? false);
        }
        if (name === 'host' && one.enabled === null) expect(first).toBe(text);
        const options = text?.match(/policy_in: ACCEPT|log_level_in: info/g) ?? [];
        if (one.enabled === null) for (const option of options) expect(first).toContain(option);
      }),
    );
  });
});

test('what a group on the host holds counts before anything is written, whoever keeps it', async () => {
  const host = await openLabHost();
  const use = rule({ type: 'group', action: 'door', source: null, proto: null, port: null });
  const keeping = (line: string) =>
    host.write(CLUSTER, `[group door] # Of Ada\n\n${line}\n\n[group other]\n\nIN DROP\n`);
  await keeping('IN DROP -p tcp -dport 22');
  const declared = { ...wanted(firewallOf({ rules: [use] })), adopt: true };
  expect(await convergeStep(manager, host, declared)).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('would close port 22 (SSH)'),
    actions: [],
  });
  await keeping('IN SSH(ACCEPT) -source 10.0.0.0/24');
  expect(await convergeStep(manager, host, declared)).toMatchObject({ outcome: 'done' });
  expect(await host.read(HOST)).toContain('GROUP door');
  expect(await host.read(CLUSTER)).toContain('[group door] # Of Ada');
  expect(await convergeStep(manager, host, wanted(firewallOf({ rules: [use] })))).toEqual({
    outcome: 'done',
    actions: [],
  });
  await host.close();
});

/** Lines after those of a file that is as declared, which Proxmox reads as lines of the section before them. */
test.each(['[more]\nIN DROP\n', '[RULES] # ours\nIN DROP\n'])(
  'a heading that is none begins no section: %j',
  (added) => {
    const spec: FirewallSpec = {
      enabled: true,
      policyIn: 'DROP',
      policyOut: 'ACCEPT',
      rules: [],
      datacenterRules: [SSH],
    };
    const written = FILES.cluster.text(spec, '[OPTIONS]\n[more]\nenable: 0\n[ALIASES]\noffice 192.168.7.0/24\n') ?? '';
    expect(written).toContain('[more]\n\n[ALIASES]\n\noffice 192.168.7.0/24\n');
    expect(written).not.toContain('enable: 0');
    expect(isAsWanted(`${written}${added}`, FILES.cluster.text(spec, `${written}${added}`))).toBe(false);
    expect(FILES.cluster.text(spec, `${written}${added}`)).toBe(written);
    const returned = written.replaceAll('\n', '\r\n');
    expect(isAsWanted(returned, FILES.cluster.text(spec, returned))).toBe(false);
  },
);
