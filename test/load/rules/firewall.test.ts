// Rules of firewalls: what Proxmox would refuse or ignore is an error, duplicates and openings for everyone are warnings, and addresses must belong
// to somebody.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { declaredFirewall } from '../../../src/managers/guest/proxmox/firewall.ts';
import { parseRule, ruleProblems } from '../../../src/proxmox/firewall/rule.ts';
import { LONG_TEST } from '../../support/long.ts';
import { environment, type Files, loadFiles } from '../environment.ts';
import { found } from './found.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const SSH = { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'tcp', port: '22' };

function withRules(...rules: unknown[]) {
  const files = environment();
  files[LXC].lxc_configs['101'].firewall = { enabled: true, rules };
  return files;
}

function withHost(firewall: Record<string, unknown>) {
  const files = environment();
  files[HYPERVISOR].firewall = { enabled: true, default_input_policy: 'DROP', ...firewall };
  return files;
}

describe('BAD_RULE', () => {
  test('rules that Proxmox reads are fine', () => {
    const files = withRules(
      SSH,
      { ...SSH, port: '80,443,6000:6010,https' },
      { ...SSH, source_port: '0:1023' },
      { ...SSH, port: 8080 },
      { ...SSH, source: '10.0.0.101,10.0.0.0/25' },
      { ...SSH, source: '10.0.0.5-10.0.0.9' },
      { ...SSH, source: '+dc/admins', dest: 'Office' },
      { type: 'in', action: 'ACCEPT', proto: 'icmpv6', source: 'fd00::/8', iface: 'net0' },
      { type: 'out', action: 'DROP', dest: '0.0.0.0/0', enabled: false },
    );
    Object.assign(files[HYPERVISOR], { known_aliases: ['office'], known_ip_sets: ['admins'] });
    expect(found('BAD_RULE', files)).toEqual([]);
  });

  test('the IP sets that SDN generates are known of each declared vnet, and of guests where an IPAM of Proxmox gives addresses', () => {
    const named = (...sources: string[]) => withRules(...sources.map((source) => ({ ...SSH, source })));
    const withVnet = (zone: object, files: Files) => ({
      ...files,
      'etc/phoenix_datacenter_config.json': {
        sdn_zones: { inner: { type: 'simple', ...zone } },
        sdn_vnets: { back: { zone: 'inner' } },
      },
    });
    const ofVnet = ['+sdn/back-all', '+back-gateway', '+sdn/back-no-gateway', '+sdn/back-dhcp'];
    expect(found('BAD_RULE', withVnet({}, named(...ofVnet)))).toEqual([]);
    expect(found('BAD_RULE', withVnet({ ipam: 'pve' }, named('+sdn/guest-ipam-101')))).toEqual([]);
    for (const files of [
      withVnet({}, named('+sdn/front-all')),
      // Each where its prefix says.
      withVnet({}, named('+dc/back-all')),
      withVnet({}, named('+guest/back-all')),
      withVnet({}, named('+sdn/back-some')),
      withVnet({}, named('+sdn/guest-ipam-101')),
      named('+sdn/back-all'),
    ])
      expect(found('BAD_RULE', files)).toEqual([expect.stringContaining('is known')]);
  });

  test.each([
    [{ source: 'nosuch' }, 'No alias "nosuch" is known'],
    [{ source: 'dc/nosuch' }, 'No alias "dc/nosuch" is known'],
    [{ dest: 'guest/nosuch' }, 'No alias "guest/nosuch" is known'],
    [{ source: '+nosuch' }, 'No IP set "+nosuch" is known'],
    [{ source: '+guest/admins' }, 'No IP set "+guest/admins" is known'],
    [{ dest: '+sdn/admins' }, 'No IP set "+sdn/admins" is known'],
    [{ source: '+Admins' }, '"+Admins" names no IP set: Proxmox keeps their names in lower case'],
    [{ source: '10.0.0.101', dest: 'fd00::1' }, 'The rule is for IPv4 and for IPv6 at once, which no packet is'],
    [{ source: '10.0.0.101', proto: 'icmpv6', port: undefined }, 'The rule is for IPv4 and for IPv6 at once'],
    [{ source: 'fd00::1', proto: 'icmp', port: undefined }, 'The rule is for IPv4 and for IPv6 at once'],
    [{ source: '10.0.0.101/24' }, '"10.0.0.101/24" is an address inside of its network'],
    [{ dest: 'fd00::1/64' }, '"fd00::1/64" is an address inside of its network'],
    [{ source: '10.0.0.101,office' }, '"office" is a name, which Proxmox takes only alone'],
    [{ source: '+admins,10.0.0.101' }, '"+admins" is a name, which Proxmox takes only alone'],
    [{ source: '10.0.0.5-10.0.0.9,10.0.0.101' }, '"10.0.0.5-10.0.0.9" is a range, which Proxmox takes only alone'],
    [{ source: '10.0.0.9-10.0.0.5' }, '"10.0.0.9-10.0.0.5" is neither an address, a network, a range nor a name'],
    [{ iface: 'net7' }, '"net7" is an interface that the guest does not have'],
  ])('a rule with %j is named once: Proxmox would leave it out in silence', (part, message) => {
    const files = withRules({ ...SSH, ...part });
    Object.assign(files[HYPERVISOR], { known_aliases: ['office'], known_ip_sets: ['admins'] });
    expect(found('BAD_RULE', files)).toEqual([expect.stringContaining(message)]);
  });

  test('Proxmox parses every accepted combination as it is meant', LONG_TEST, () => {
    const mostly = (sound: readonly (string | undefined)[], odd: readonly string[]) =>
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...sound) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
    const listed = fc.array(fc.constantFrom('10.0.0.101', '10.0.0.0/24', 'fd00::1', 'office', '+admins'), {
      minLength: 2,
      maxLength: 3,
    });
    const places = fc.oneof(
      {
        weight: 3,
        arbitrary: mostly(
          [undefined, '10.0.0.101', '10.0.0.0/24', 'dc/office', '+admins', '10.0.0.5-10.0.0.9'],
          ['10.0.0.7/24', '+Admins', '+sdn/x-all', 'a', 'fd00::/8', '::/0', '10.0.0'],
        ),
      },
      { weight: 1, arbitrary: listed.map((items) => items.join(',')) },
    );
    const ports = mostly([undefined, '22', '1:3', 'https,22'], ['0', '3:1', 'nosuch', '70000']);
    const rule = fc.record({
      type: fc.constantFrom('in', 'out'),
      action: fc.constantFrom('ACCEPT', 'DROP', 'REJECT'),
      source: places,
      dest: places,
      proto: mostly(['tcp', 'udp', 'sctp'], ['icmp', 'icmpv6']),
      port: ports,
      source_port: ports,
      iface: mostly([undefined, 'net0'], ['net1', 'eth0']),
      log: fc.option(fc.constantFrom('info', 'nolog'), { nil: undefined }),
      enabled: fc.boolean(),
      comment: fc.option(fc.constantFrom('# -p udp', 'one\ttwo'), { nil: undefined }),
    });
    let accepted = 0;
    fc.assert(
      fc.property(rule, (written) => {
        const files = withRules(written);
        Object.assign(files[HYPERVISOR], { known_aliases: ['office'], known_ip_sets: ['admins'] });
        const { config } = loadFiles(files);
        const firewall = config?.lxc.find(({ id }) => id === 101)?.firewall ?? null;
        if (firewall === null) return;
        accepted += 1;
        const [line = ''] = declaredFirewall(firewall)?.rules ?? [];
        const parsed = parseRule(line);
        expect(parsed).not.toHaveProperty('error');
        const known = { aliases: new Map([['office', { cidr: '' }]]), ipset: new Set(['admins']) };
        if ('rule' in parsed) expect(ruleProblems(parsed.rule, 'ct', known, undefined)).toEqual([]);
      }),
      { numRuns: 300 },
    );
    // About one in ten is accepted; without any, nothing was tested.
    expect(accepted).toBeGreaterThan(0);
  });

  test('a port needs a protocol that has ports', () => {
    expect(found('BAD_RULE', withRules({ ...SSH, proto: undefined }))).toEqual([
      '"port": "22" | The rule has port 22, but no protocol',
    ]);
    expect(found('BAD_RULE', withRules({ ...SSH, proto: 'icmp' }))).toEqual([
      '"port": "22" | The rule has port 22, but protocol icmp, which has no ports',
    ]);
  });

  test.each([
    ['80-443', '"80-443" is not a port'],
    ['70000', '"70000" is not a port'],
    ['0', '"0" is not a port'],
    ['0:0', '"0:0" is not a port'],
    ['443:80', '"443:80" is not a port'],
    ['htpps', '"htpps" is not a port'],
    [Array.from({ length: 16 }, (_, n) => n + 1).join(','), 'more than 15 ports'],
  ])('port %s is refused', (port, message) => {
    expect(found('BAD_RULE', withRules({ ...SSH, port }))[0]).toContain(message);
  });

  test.each([
    ['10.0.0.300', '"10.0.0.300" is neither an address'],
    ['10.0.0.0/33', '"10.0.0.0/33" is neither an address'],
    ['10.0.0.9-10.0.0.5', '"10.0.0.9-10.0.0.5" is neither an address'],
    ['10.0.0.1,fd00::1', 'mixes IPv4 and IPv6'],
  ])('source %s is refused', (source, message) => {
    expect(found('BAD_RULE', withRules({ ...SSH, source }))[0]).toContain(message);
  });

  test('guests have interfaces net0, net1 and so on; the host has others', () => {
    expect(found('BAD_RULE', withRules({ ...SSH, iface: 'eth0' }))).toEqual([
      '"iface": "eth0" | "eth0" is no interface of a guest',
    ]);
    expect(found('BAD_RULE', withHost({ global_firewall_rules: [{ ...SSH, iface: 'vmbr0' }] }))).toEqual([]);
  });

  test('rules of the host and of stacks are read too', () => {
    expect(found('BAD_RULE', withHost({ global_firewall_rules: [{ ...SSH, proto: undefined }] }))).toHaveLength(1);
    const files = environment();
    files['stacks/shop/phoenix.json'].environments.production.firewall_rules = [{ ...SSH, port: 'x' }];
    expect(found('BAD_RULE', files)).toEqual(['"port": "x" | "x" is not a port']);
  });
});

describe('DUPLICATE_RULE', () => {
  test('rules that differ are no duplicates', () => {
    expect(found('DUPLICATE_RULE', withRules(SSH, { ...SSH, port: '23' }, { ...SSH, enabled: false }))).toEqual([]);
  });

  test('a comment does not make another rule of it', () => {
    expect(found('DUPLICATE_RULE', withRules(SSH, { ...SSH, comment: 'again' }))).toEqual([
      '{ | The rule is the same as rule 0 of this list, counted from 0',
    ]);
  });
});

describe('OPEN_SOURCE', () => {
  test('a rule with a source, an outgoing one and ping are fine', () => {
    const out = { ...SSH, type: 'out', source: undefined };
    expect(found('OPEN_SOURCE', withRules(SSH, out, { type: 'in', action: 'ACCEPT', proto: 'icmp' }))).toEqual([]);
    expect(found('OPEN_SOURCE', withRules({ ...SSH, source: undefined, enabled: false }))).toEqual([]);
  });

  test('a rule that lets everyone in is named', () => {
    expect(found('OPEN_SOURCE', withRules({ ...SSH, source: undefined }, { ...SSH, source: '0.0.0.0/0' }))).toEqual([
      '{ | Port 22 is open to everyone who can reach the machine',
      '"source": "0.0.0.0/0", | Port 22 is open to everyone who can reach the machine',
    ]);
  });
});

describe('NO_FIREWALL', () => {
  test('a firewall that is turned off is a decision, and a template VM never runs', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].firewall = { enabled: false };
    files[VM].vms[0].firewall = undefined;
    expect(found('NO_FIREWALL', files)).toEqual([]);
  });

  test('a guest without a declared firewall is named', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].firewall = undefined;
    files[VM].vms[1].firewall = undefined;
    expect(found('NO_FIREWALL', files)).toEqual([
      '"101": { | lxc/101 (web) has no firewall',
      '{ | vm/1001 (vm-1001) has no firewall',
    ]);
  });
});

describe('NO_EFFECT', () => {
  test('rules of guests filter nothing while the firewall of the host is off', () => {
    const files = withHost({ enabled: false });
    files[LXC].lxc_configs['101'].firewall = { rules: [SSH] };
    for (const guest of [files[LXC].lxc_configs['900'], ...files[VM].vms]) guest.firewall = { enabled: false };
    expect(found('NO_EFFECT', files)).toEqual([
      '"enabled": false, | The firewall is off, so that of lxc/101 (web) filters nothing',
    ]);
    files[LXC].lxc_configs['101'].firewall.enabled = false;
    expect(found('NO_EFFECT', files)).toEqual([]);
  });
});

describe('UNOWNED_ADDRESS', () => {
  test('guests, the host, its gateway, networks and the world outside may be named', () => {
    const sources = ['10.0.0.111', '10.0.0.13', '10.0.0.1', '10.0.0.0/28', '10.0.0.40-10.0.0.50', '192.168.1.5'];
    expect(found('UNOWNED_ADDRESS', withRules(...sources.map((source) => ({ ...SSH, source }))))).toEqual([]);
  });

  test('an unused address of the subnet is a warning, and does not block the commit', () => {
    const files = withRules({ ...SSH, source: '10.0.0.111,10.0.0.99' });
    expect(found('UNOWNED_ADDRESS', files)).toEqual([
      '"source": "10.0.0.111,10.0.0.99", | Nothing has the address 10.0.0.99',
    ]);
    expect(loadFiles(files).config).not.toBeNull();
  });

  test('a PC or printer that is named as a known host may be named', () => {
    const files = withRules(
      ...['10.0.0.50', '10.0.0.51/32', '10.0.0.210', '10.0.0.97'].map((source) => ({ ...SSH, source })),
    );
    files[HYPERVISOR].known_hosts = { 'my PC': '10.0.0.50', printers: ['10.0.0.51', '10.0.0.208/28'] };
    expect(found('UNOWNED_ADDRESS', files)).toEqual(['"source": "10.0.0.97", | Nothing has the address 10.0.0.97']);
  });

  test.each([['10.0.0.50/24'], ['my-pc'], [''], ['10.0.0.300'], [['10.0.0.50', 'x']], [[]]])(
    'a known host at %o is refused: it would be nobody, or the whole network',
    (address) => {
      const files = withRules(SSH);
      files[HYPERVISOR].known_hosts = { 'my PC': address };
      expect(found('INVALID_VALUE', files)).toEqual([expect.stringContaining('must ')]);
    },
  );

  test('it is not decided while a guest cannot be read', () => {
    const files = withRules({ ...SSH, source: '10.0.0.99' });
    files[VM].vms[1].cores = 'many';
    expect(found('UNOWNED_ADDRESS', files)).toEqual([]);
  });
});

describe('LOCKOUT', () => {
  const drop = { type: 'in', action: 'DROP' };

  test('policy DROP alone locks nobody out: Proxmox lets the local network in', () => {
    expect(found('LOCKOUT', withHost({}))).toEqual([]);
  });

  test('refusing one address, another port or another machine is fine', () => {
    const rules = [
      { ...drop, source: '10.0.0.66' },
      { ...drop, proto: 'tcp', port: '25' },
      { ...drop, dest: '10.0.0.101' },
      { ...drop, proto: 'udp' },
      { ...drop, iface: 'vmbr1' },
      { ...drop, enabled: false },
    ];
    expect(found('LOCKOUT', withHost({ global_firewall_rules: rules }))).toEqual([]);
  });

  test('a rule that refuses everything is found, once', () => {
    expect(found('LOCKOUT', withHost({ global_firewall_rules: [drop] }))).toEqual([
      '{ | The rule closes port 22 (SSH) and 8006 (Proxmox) of the host to 10.0.0.0/24',
    ]);
  });

  test('a rule that refuses a single port, by number, range or name, is found', () => {
    const rule = { type: 'in', action: 'REJECT', source: '10.0.0.0/16', proto: 'tcp' };
    for (const port of ['8006', '8000:9000']) {
      expect(found('LOCKOUT', withHost({ global_firewall_rules: [{ ...rule, port }] }))).toEqual([
        '{ | The rule closes port 8006 (Proxmox) of the host to 10.0.0.0/24',
      ]);
    }
    expect(found('LOCKOUT', withHost({ global_firewall_rules: [{ ...rule, port: 'ssh' }] }))).toHaveLength(1);
  });

  test('a group in the rules of the host counts with its own, and has to be declared', () => {
    const group = { type: 'group', action: 'door' };
    const withGroup = (...rules: object[]) => ({
      ...withHost({ global_firewall_rules: [group, { type: 'in', action: 'DROP', source: '10.0.0.0/8' }] }),
      'etc/phoenix_datacenter_config.json': { firewall_groups: { door: { rules } } },
    });
    const accepting = (macro: string) => ({ type: 'in', action: 'ACCEPT', macro, source: '10.0.0.0/24' });
    const page = { type: 'in', action: 'ACCEPT', proto: 'tcp', port: '8006' };
    expect(found('LOCKOUT', withGroup(accepting('SSH'), page))).toEqual([]);
    expect(found('LOCKOUT', withGroup(accepting('HTTPS'), page))).toEqual([expect.stringContaining('22 (SSH)')]);
    expect(found('LOCKOUT', withGroup({ type: 'in', action: 'DROP', proto: 'tcp', port: '22' }))).toHaveLength(2);
    const all = { type: 'in', action: 'DROP', source: '10.0.0.0/8' };
    const own = (...rules: object[]) => found('LOCKOUT', withHost({ global_firewall_rules: [...rules, all] }));
    expect(own(accepting('SSH'), page)).toEqual([]);
    expect(own(accepting('HTTPS'), page)).toEqual([expect.stringContaining('22 (SSH)')]);
    expect(found('BAD_RULE', withHost({ global_firewall_rules: [accepting('Shh')] }))).toHaveLength(1);
    const undeclared = withHost({ global_firewall_rules: [group] });
    expect(found('BAD_RULE', undeclared)).toEqual([expect.stringContaining('There is no security group "door"')]);
    expect(found('BAD_RULE', withGroup(accepting('SSH')))).toEqual([]);
  });

  test('names that are declared count with their addresses, and those that people keep as letting in', () => {
    const both = (...rules: object[]) => ({
      ...withHost({ global_firewall_rules: rules }),
      'etc/phoenix_datacenter_config.json': {
        aliases: { lan: { cidr: '10.0.0.0/24' }, other: { cidr: '10.9.0.0/16' } },
        ip_sets: {
          away: { entries: ['dc/lan'] },
          others: { entries: ['10.0.0.0/8', { cidr: '10.0.0.7', nomatch: true }] },
          open: {},
        },
      },
    });
    const from = (source: string) => found('LOCKOUT', both({ ...drop, source }));
    expect(from('dc/lan')).toEqual([expect.stringContaining('22 (SSH) and 8006 (Proxmox)')]);
    expect(from('+dc/away')).toHaveLength(1);
    for (const source of ['other', '+others', '+open']) expect([source, from(source)]).toEqual([source, []]);
    const halves = [
      { ...drop, source: '10.0.0.0/25' },
      { ...drop, source: '10.0.0.128-10.0.0.255' },
    ];
    expect(found('LOCKOUT', both(...halves))).toHaveLength(1);
    const accept = (source: string) => ({ type: 'in', action: 'ACCEPT', source, proto: 'tcp', port: '22,8006' });
    expect(found('LOCKOUT', both(accept('lan'), drop))).toEqual([]);
    expect(found('LOCKOUT', both(accept('+open'), drop))).toEqual([]);
    expect(found('LOCKOUT', both(accept('other'), drop))).toHaveLength(1);
  });

  test('the IP set that Proxmox drops before every rule counts, whatever the rules accept', () => {
    const blacklist = (...entries: string[]) =>
      found('LOCKOUT', {
        ...withHost({ global_firewall_rules: [] }),
        'etc/phoenix_datacenter_config.json': { ip_sets: { blacklist: { entries } } },
      });
    expect(blacklist('10.0.0.0/8')).toEqual([expect.stringContaining('IP set blacklist closes port 22')]);
    expect(blacklist('203.0.113.0/24')).toEqual([]);
  });

  test('rules of the datacenter count after those of the host, wherever they are written', () => {
    const accept = { type: 'in', action: 'ACCEPT', source: '10.0.0.5', proto: 'tcp', port: '22,8006' };
    const both = (own: readonly object[], rules: readonly object[]) => ({
      ...withHost({ global_firewall_rules: own }),
      'etc/phoenix_datacenter_config.json': { firewall_rules: rules },
    });
    expect(found('LOCKOUT', both([], [drop]))).toEqual([
      '{ | The rule closes port 22 (SSH) and 8006 (Proxmox) of the host to 10.0.0.0/24',
    ]);
    expect(found('LOCKOUT', both([accept], [drop]))).toEqual([]);
    expect(found('LOCKOUT', both([drop], [accept]))).toHaveLength(1);
    const closed = { ...both([], [{ ...accept, type: 'out' }]) };
    closed[HYPERVISOR].firewall.default_output_policy = 'DROP';
    expect(found('LOCKOUT', closed)).toEqual([]);
    expect(
      found(
        'BAD_RULE',
        both(
          [],
          [
            { ...accept, iface: 'vmbr0' },
            { ...accept, source: '+nosuch' },
          ],
        ),
      ),
    ).toEqual([expect.stringContaining('No IP set "+nosuch" is known')]);
  });

  test('an acceptance before it keeps the door open, one after it does not', () => {
    const accept = { type: 'in', action: 'ACCEPT', source: '10.0.0.5', proto: 'tcp', port: '22,8006' };
    expect(found('LOCKOUT', withHost({ global_firewall_rules: [accept, drop] }))).toEqual([]);
    expect(found('LOCKOUT', withHost({ global_firewall_rules: [drop, accept] }))).toHaveLength(1);
  });

  test('a firewall that is off locks nobody out', () => {
    expect(found('LOCKOUT', withHost({ enabled: false, global_firewall_rules: [drop] }))).toEqual([]);
  });

  test('the agent must be able to fetch', () => {
    const files = withHost({ default_output_policy: 'DROP' });
    expect(found('LOCKOUT', files)).toEqual([
      '"default_output_policy": "DROP" | Outgoing packets are refused (DROP), and no rule lets any TCP connection out: Phoenix could not fetch the next commit',
    ]);
    const out = { type: 'out', action: 'ACCEPT', proto: 'tcp', port: '443' };
    expect(found('LOCKOUT', withHost({ default_output_policy: 'DROP', global_firewall_rules: [out] }))).toEqual([]);
  });
});
