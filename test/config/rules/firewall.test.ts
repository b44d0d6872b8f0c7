import { describe, expect, test } from 'vitest';
import { environment, loadFiles } from '../environment.ts';
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
      { ...SSH, port: 8080 },
      { ...SSH, source: '10.0.0.101,10.0.0.0/25,10.0.0.5-10.0.0.9,+dc/admins,office' },
      { type: 'in', action: 'ACCEPT', proto: 'icmp', source: 'fd00::/8', iface: 'net0' },
    );
    expect(found('BAD_RULE', files)).toEqual([]);
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

  test('a guest about whose firewall nothing is said is named', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].firewall = undefined;
    files[VM].vms[1].firewall = undefined;
    expect(found('NO_FIREWALL', files)).toEqual([
      '"101": { | lxc/101 (web) has no firewall',
      '{ | vm/1001 (vm-1001) has no firewall',
    ]);
  });
});

describe('UNOWNED_ADDRESS', () => {
  test('guests, the host, its gateway, networks and the world outside may be named', () => {
    const sources = ['10.0.0.111', '10.0.0.13', '10.0.0.1', '10.0.0.0/28', '10.0.0.40-10.0.0.50', '192.168.1.5'];
    expect(found('UNOWNED_ADDRESS', withRules(...sources.map((source) => ({ ...SSH, source }))))).toEqual([]);
  });

  test('an address of the subnet that nothing has is told, and does not hold the commit back', () => {
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

  test('one that refuses a single port, by number, range or name, is found', () => {
    const rule = { type: 'in', action: 'REJECT', source: '10.0.0.0/16', proto: 'tcp' };
    for (const port of ['8006', '8000:9000']) {
      expect(found('LOCKOUT', withHost({ global_firewall_rules: [{ ...rule, port }] }))).toEqual([
        '{ | The rule closes port 8006 (Proxmox) of the host to 10.0.0.0/24',
      ]);
    }
    expect(found('LOCKOUT', withHost({ global_firewall_rules: [{ ...rule, port: 'ssh' }] }))).toHaveLength(1);
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
