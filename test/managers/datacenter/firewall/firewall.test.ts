// Aliases, IP sets and security groups of the firewall on a lab host: the contract of managers, and refusals at their line.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupRules } from '../../../../src/managers/datacenter/firewall/rule-lists.ts';
import { allTargets } from '../../../../src/managers/index.ts';
import { targetId } from '../../../../src/model/ids.ts';
import type { Target } from '../../../../src/model/target.ts';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { LONG_TEST } from '../../../support/long.ts';
import { repositoryFiles } from '../../../support/repository-files.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { kindOfObject, problemsOf, targetsOf } from '../declared.ts';
import { read, withDatacenter } from '../example.ts';

const FILE = '/etc/pve/firewall/cluster.fw';
const alias = kindOfObject('alias');
const ipSet = kindOfObject('ipset');
const group = kindOfObject('securitygroup');

function targetOf(datacenter: object, id?: string): Target {
  const targets = targetsOf(datacenter);
  const target = id === undefined ? targets[0] : targets.find((one) => one.id === id);
  if (target === undefined) throw new Error('nothing is declared');
  return target;
}

testContract(alias, [
  {
    name: 'an alias',
    open: () => openLabHost(),
    target: targetOf({ aliases: { lan: { cidr: '10.0.0.0/24', comment: 'Am Rand # über' } } }),
    changed: targetOf({ aliases: { lan: { cidr: '10.0.0.5/32' } } }),
    state: (host) => host.readFile(FILE),
    foreign: {
      make: (host) => host.write(FILE, '[ALIASES]\n\nLan 10.9.0.0/16 # of Ada\n\n'),
      state: (host) => host.readFile(FILE),
      refused: 'is not ours; take it over with phoenix adopt alias/lan',
    },
  },
]);

testContract(ipSet, [
  {
    name: 'an IP set',
    open: async () => {
      const host = await openLabHost();
      await host.write(FILE, '[ALIASES]\n\nlan 10.0.0.0/24\n\n');
      return host;
    },
    target: targetOf(
      {
        aliases: { lan: { cidr: '10.0.0.0/24' } },
        ip_sets: {
          blocked: {
            comment: 'Nobody',
            entries: [
              '10.66.0.0/16',
              { cidr: '10.66.1.0/24', nomatch: true, comment: 'but these' },
              'fd00::5',
              'dc/lan',
            ],
          },
        },
      },
      'ipset/blocked',
    ),
    changed: targetOf({
      ip_sets: { blocked: { entries: [{ cidr: '10.66.1.0/24', comment: 'these too' }, '10.7.0.1'] } },
    }),
    state: (host) => host.readFile(FILE),
    foreign: {
      make: (host) => host.write(FILE, '[IPSET blocked] # of Ada\n\n10.0.0.1\n\n'),
      state: (host) => host.readFile(FILE),
      refused: 'is not ours; take it over with phoenix adopt ipset/blocked',
    },
  },
]);

const SSH = { type: 'in', action: 'ACCEPT', macro: 'ssh', source: 'dc/lan', comment: 'From  the desks' };
const WEB = { type: 'in', action: 'ACCEPT', proto: 'tcp', port: '80,443', source: '10.0.0.0/24', log: 'info' };
const PING = { type: 'in', action: 'ACCEPT', proto: 'icmp', icmp_type: 'echo-request', enabled: false };
const REST = { type: 'in', action: 'DROP' };

testContract(group, [
  {
    name: 'a security group',
    open: async () => {
      const host = await openLabHost();
      await host.write(FILE, '[ALIASES]\n\nlan 10.0.0.0/24\n\n');
      return host;
    },
    target: targetOf(
      {
        aliases: { lan: { cidr: '10.0.0.0/24' } },
        firewall_groups: { web: { comment: 'Sites', rules: [WEB, PING, REST] } },
      },
      'securitygroup/web',
    ),
    changed: targetOf(
      {
        aliases: { lan: { cidr: '10.0.0.0/24' } },
        firewall_groups: {
          web: { rules: [{ ...WEB, port: 443, log: undefined }, SSH, { type: 'forward', action: 'DROP' }, REST] },
        },
      },
      'securitygroup/web',
    ),
    state: (host) => host.readFile(FILE),
    foreign: {
      make: (host) => host.write(FILE, '[group web] # of Ada\n\nIN DROP\n\n'),
      state: (host) => host.readFile(FILE),
      refused: 'is not ours; take it over with phoenix adopt securitygroup/web',
    },
  },
]);

/** Lists of few different rules, so that some are in both, at different positions. */
const rules = fc.array(
  fc.record({
    type: fc.constantFrom('in', 'out'),
    action: fc.constantFrom('ACCEPT', 'DROP'),
    source: fc.constantFrom('10.0.0.1', 'lan', '+blocked'),
    enabled: fc.boolean(),
  }),
  { maxLength: 6 },
);

test('from any rules of a group to any others, and never a rule that is neither', LONG_TEST, async () => {
  const host = await openLabHost();
  const names = '[ALIASES]\n\nlan 10.0.0.0/24\n\n[IPSET blocked]\n\n\n';
  await fc.assert(
    fc.asyncProperty(rules, rules, async (present, next) => {
      const lines = (list: object[]) => groupRules.lines(JSON.parse(JSON.stringify(list)));
      const [from, to] = [lines(present), lines(next)];
      const print = (list: readonly string[]) => `${names}[group web]\n\n${list.map((line) => `${line}\n`).join('')}\n`;
      await host.write(FILE, print(from));
      const inForce = (list: readonly string[]) => list.filter((line) => !line.startsWith('|'));
      for (const { verb, path, args } of groupRules.calls(from, to, print(from))) {
        const command = { kind: 'command', program: 'pvesh', timeoutSeconds: 60 } as const;
        const { exit, stderr } = await host.run({
          ...command,
          args: [verb, `/cluster/firewall/groups/web${path}`, ...args],
        });
        expect([exit, stderr]).toEqual([0, '']);
        const now = (await host.read(FILE)).split('\n').filter((line) => /^\|?(IN|OUT) /.test(line));
        for (const line of inForce(now)) expect([...from, ...to]).toContain(line);
      }
      expect(await host.read(FILE)).toBe(print(to));
    }),
    { numRuns: 60 },
  );
  await host.close();
});

test('rules that Proxmox would write otherwise are counted as it counts them, and one that it leaves out is mended', async () => {
  const host = await openLabHost();
  await host.write(
    FILE,
    '[ALIASES]\n\nsix 2001:db8::/64\n\n[group web]\n\nin ACCEPT -i net0 -p tcp -dport 80 #\nIN ssh(ACCEPT) -source six # 0\nIN DROP #  two\n',
  );
  const rules = [
    { type: 'in', action: 'ACCEPT', proto: 'tcp', port: 80 },
    { type: 'in', action: 'DROP', source: '10.0.0.9' },
    { type: 'in', action: 'ACCEPT', macro: 'SSH', source: 'six' },
  ];
  const target = targetOf(
    { aliases: { six: { cidr: '2001:db8::/64' } }, firewall_groups: { web: { rules } } },
    'securitygroup/web',
  );
  const adopted = await convergeStep(group, host, wanted(target, { adopt: true }));
  expect(adopted).toMatchObject({ outcome: 'done' });
  expect(await host.read(FILE)).toContain(
    '\n\nIN ACCEPT -p tcp -dport 80\nIN DROP -source 10.0.0.9\nIN SSH(ACCEPT) -source six\n\n',
  );
  const again = await convergeStep(group, host, wanted(target, { before: target.spec }));
  expect(again).toEqual({ outcome: 'done', actions: [] });
  await host.close();
});

test('a group that is declared without rules leaves those of others alone, also one that Proxmox leaves out', async () => {
  const host = await openLabHost();
  const bare = targetOf({ firewall_groups: { web: { comment: 'Sites' } } });
  await convergeStep(group, host, wanted(bare));
  const own = 'IN ACCEPT -i net0 -p tcp -dport 80\nIN DROP #\nIN DROP -source 10.0.0.9 # 0\n';
  await host.write(FILE, `${(await host.read(FILE)).trimEnd()}\n\n${own}\n`);
  const before = await host.read(FILE);
  expect(await convergeStep(group, host, wanted(bare, { before: bare.spec }))).toEqual({
    outcome: 'done',
    actions: [],
  });
  const seen = await group.observe(host, wanted(bare, { before: bare.spec }));
  expect(group.differences(wanted(bare, { before: bare.spec }), seen)).toEqual([]);
  expect(await host.read(FILE)).toBe(before);
  await host.close();
});

test('rules that are no longer declared go, and those of others stay beside them', async () => {
  const host = await openLabHost();
  const full = targetOf({ firewall_groups: { web: { rules: [WEB, REST] } } });
  const bare = targetOf({ firewall_groups: { web: {} } });
  await convergeStep(group, host, wanted(full));
  await host.write(FILE, `${(await host.read(FILE)).trimEnd()}\nIN ACCEPT -source 10.0.0.9 #\n\n`);
  expect(await convergeStep(group, host, wanted(bare, { before: full.spec }))).toMatchObject({ outcome: 'done' });
  const lines = (await host.read(FILE)).split('\n').filter((line) => /^\|?(IN|OUT) /.test(line));
  expect(lines).toEqual(['IN ACCEPT -source 10.0.0.9']);
  await host.close();
});

test('a rule that Proxmox leaves out is never in force when it is to go, whichever call writes the file first', async () => {
  const target = targetOf({ firewall_groups: { web: { rules: [REST, WEB] } } });
  const file = '[group web] # of Ada\n\nIN ACCEPT -source 10.0.0.1\nIN ACCEPT -i net0\nIN DROP #\n';
  const host = await openLabHost();
  await host.write(FILE, file);
  const { actions } = await convergeStep(group, host, wanted(target, { adopt: true }));
  const end = await host.read(FILE);
  await host.write(FILE, file);
  for (const action of actions) {
    if (action.do.kind !== 'command') throw new Error(`not a command: ${action.summary}`);
    expect(await host.run(action.do)).toMatchObject({ exit: 0 });
    expect((await host.read(FILE)).split('\n')).not.toContain('IN ACCEPT');
  }
  expect(await host.read(FILE)).toBe(end);
  await host.close();
});

test('rules above the aliases that they name are counted as Proxmox counts them', async () => {
  const target = targetOf(
    { aliases: { lan: { cidr: '10.0.0.0/24' } }, firewall_groups: { web: { rules: [REST] } } },
    'securitygroup/web',
  );
  const host = await openLabHost();
  await convergeStep(alias, host, wanted(targetOf({ aliases: { lan: { cidr: '10.0.0.0/24' } } })));
  await convergeStep(group, host, wanted(target));
  const [, aliases = '', groups = ''] = /^(\[ALIASES\].*?)(\[group.*)$/s.exec(await host.read(FILE)) ?? [];
  await host.write(
    FILE,
    `${groups.trimEnd()}\nIN ACCEPT -source lan\nIN ACCEPT -i net0 -source lan -p tcp\n\n${aliases}`,
  );
  const end = await convergeStep(group, host, wanted(target, { before: target.spec }));
  expect(end).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(group, host, wanted(target, { before: target.spec }))).toEqual({
    outcome: 'done',
    actions: [],
  });
  await host.close();
});

test.each([
  [
    'securitygroup/web',
    {
      aliases: { office: { cidr: '192.168.7.0/24' } },
      firewall_groups: { web: { rules: [{ type: 'in', action: 'ACCEPT', source: 'office' }] } },
    },
    'rule "IN ACCEPT -source office": no such alias \'office\'',
  ],
  [
    'ipset/away',
    { aliases: { office: { cidr: '192.168.7.0/24' } }, ip_sets: { away: { entries: ['10.9.0.0/16', 'dc/office'] } } },
    'entry "dc/office": no such alias \'office\'',
  ],
])(
  '%s is no success once people delete an alias that it names: Proxmox leaves it out',
  async (id, datacenter, reason) => {
    const host = await openLabHost();
    const declared = wanted(targetOf(datacenter, id));
    const manager = kindOfObject(id.split('/')[0] ?? '');
    await host.write(FILE, '[ALIASES]\n\noffice 192.168.7.0/24\n\n');
    expect(await convergeStep(manager, host, declared)).toMatchObject({ outcome: 'done' });
    const withAlias = (await host.read(FILE)) ?? '';
    await host.write(FILE, withAlias.replace(/office 192.*\n/, ''));
    expect(await convergeStep(manager, host, declared)).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining(reason),
      actions: [],
    });
    await host.write(FILE, withAlias);
    expect(await convergeStep(manager, host, declared)).toEqual({ outcome: 'done', actions: [] });
    await host.close();
  },
);

test('a rule or entry above the alias or set that it names is no success: Proxmox reads the file in one pass', async () => {
  const host = await openLabHost();
  const datacenter = {
    aliases: { office: { cidr: '192.168.7.0/24' } },
    ip_sets: { away: { entries: ['dc/office'] } },
    firewall_groups: { web: { rules: [{ type: 'in', action: 'ACCEPT', source: '+away' }] } },
  };
  const step = (id: string) =>
    convergeStep(kindOfObject(id.split('/')[0] ?? ''), host, wanted(targetOf(datacenter, id)));
  await host.write(FILE, '[ALIASES]\n\noffice 192.168.7.0/24\n\n');
  await step('ipset/away');
  await step('securitygroup/web');
  const parts = /^(\[ALIASES\].*)(\[IPSET.*)(\[group.*)$/s.exec(await host.read(FILE)) ?? [];
  const [, aliases = '', set = '', rules = ''] = parts;
  const ending = async (id: string, text: string) => {
    await host.write(FILE, text);
    return step(id);
  };
  const refused = (why: string) => ({ outcome: 'refused', reason: expect.stringContaining(why), actions: [] });
  expect(await ending('securitygroup/web', `${aliases}${rules}${set}`)).toMatchObject(
    refused(`rule "IN ACCEPT -source +away": no such ipset 'away' above it: move [ALIASES] to the top of ${FILE}`),
  );
  expect(await ending('ipset/away', `${set}${aliases}${rules}`)).toMatchObject(
    refused(`entry "dc/office": no such alias 'office' above it: move [ALIASES] to the top of ${FILE}`),
  );
  for (const id of ['securitygroup/web', 'ipset/away'])
    expect(await ending(id, `${aliases}${set}${rules}`)).toEqual({ outcome: 'done', actions: [] });
  await host.close();
});

test('protocol 0 is none, as Proxmox writes it, so that the next run changes nothing', () => {
  const lines = groupRules.lines([{ type: 'in', action: 'ACCEPT', proto: '0' }]);
  expect(lines).toEqual(['IN ACCEPT']);
  expect(groupRules.calls(['IN ACCEPT'], lines, '')).toEqual([]);
});

test('a call that would meet another list is refused, and changes nothing', async () => {
  const host = await openLabHost();
  const file = '[group web]\n\nIN ACCEPT -source 10.0.0.1\nIN DROP\n\n';
  const [call] = groupRules.calls(['IN ACCEPT -source 10.0.0.1', 'IN DROP'], ['IN DROP'], file);
  const other = file.replace('IN ACCEPT', 'IN DROP -source 10.0.0.9\nIN ACCEPT');
  await host.write(FILE, other);
  const args = [call?.verb ?? '', `/cluster/firewall/groups/web${call?.path}`, ...(call?.args ?? [])];
  const { exit, stderr } = await host.run({ kind: 'command', program: 'pvesh', args, timeoutSeconds: 60 });
  expect([exit === 0, stderr]).toEqual([false, expect.stringContaining('file changed by other user')]);
  expect(await host.read(FILE)).toBe(other);
  await host.close();
});

test('a set that is declared without entries keeps those that others put there, and is not deleted with them', async () => {
  const host = await openLabHost();
  const set = targetOf({ ip_sets: { banned: { comment: 'By fail2ban' } } });
  await convergeStep(ipSet, host, wanted(set));
  await host.write(FILE, `${(await host.read(FILE)).trimEnd()}\n\n10.1.2.3\n\n`);
  expect(await convergeStep(ipSet, host, wanted(set))).toEqual({ outcome: 'done', actions: [] });
  const end = await convergeStep(ipSet, host, gone(set, { approved: true }));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('still has 10.1.2.3') });
  await host.close();
});

test('a file of which Proxmox reads nothing for its carriage returns is neither emptied nor brought into force', async () => {
  const host = await openLabHost();
  const text = '[OPTIONS]\r\n\r\nenable: 1\r\n\r\n[ALIASES]\r\n\r\noffice 10.9.0.0/16\r\n';
  await host.write(FILE, text);
  const end = await convergeStep(alias, host, wanted(targetOf({ aliases: { lan: { cidr: '10.0.0.0/24' } } })));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('sed -i') });
  expect(await host.read(FILE)).toBe(text);
  await host.close();
});

test('a group and a set whose headings end with a carriage return are read by Proxmox, and stop nothing', async () => {
  const host = await openLabHost();
  await host.write(
    FILE,
    '[group web]\r\n\r\nIN ACCEPT -p tcp -dport 80\r\n\r\n[ipset banned] # by hand\r\n10.1.2.3\r\n',
  );
  const target = targetOf({ aliases: { lan: { cidr: '10.0.0.0/24' } } });
  expect(await convergeStep(alias, host, wanted(target))).toMatchObject({ outcome: 'done' });
  const text = await host.read(FILE);
  for (const part of ['lan 10.0.0.0/24', '[group web]', 'IN ACCEPT', '[IPSET banned] # by hand', '10.1.2.3'])
    expect(text).toContain(part);
  await host.close();
});

test('what a rule of a guest still names is not deleted, though Proxmox would', async () => {
  const host = await openLabHost();
  const target = targetOf({ aliases: { lan: { cidr: '10.0.0.0/24' } } });
  await convergeStep(alias, host, wanted(target));
  await host.write('/etc/pve/firewall/105.fw', '[RULES]\n\nIN ACCEPT -source dc/lan\n');
  const end = await convergeStep(alias, host, gone(target, { approved: true }));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('/etc/pve/firewall/105.fw') });
  await host.close();
});

test('guests and the host wait for what their rules name, and a rule may name what is declared', () => {
  const guests = JSON.parse(String(repositoryFiles()['etc/phoenix_lxc_configs.json']));
  const { rules } = guests.lxc_configs['101'].firewall;
  const withRule = (rule: object) => {
    guests.lxc_configs['101'].firewall.rules = [...rules, rule];
    const datacenter = {
      aliases: { lan: { cidr: '10.9.0.0/16' } },
      ip_sets: { blocked: { entries: ['dc/lan'] } },
      firewall_groups: { web: { rules: [{ ...WEB, source: '+blocked' }] } },
    };
    return read({ ...withDatacenter(datacenter), 'etc/phoenix_lxc_configs.json': JSON.stringify(guests) });
  };
  const { config, problems } = withRule({ type: 'in', action: 'DROP', source: '+dc/blocked' });
  if (config === null) throw new Error(JSON.stringify(problems));
  const targets = allTargets(config);
  expect(targets.get(targetId('lxc', 101))?.needs).toContain('ipset/blocked');
  expect(targets.get(targetId('ipset', 'blocked'))?.needs).toEqual(['alias/lan']);
  expect(targets.get(targetId('securitygroup', 'web'))?.needs).toEqual(['ipset/blocked']);
  const all = ['alias/lan', 'ipset/blocked', 'securitygroup/web'];
  expect(targets.get(targetId('hypervisor', 'firewall'))?.needs).toEqual(all);
  const path = `/lxc_configs/101/firewall/rules/${rules.length}/source`;
  expect(withRule({ type: 'in', action: 'DROP', source: '+nobody' }).problems).toMatchObject([
    { code: 'BAD_RULE', path, hint: expect.stringContaining('"ip_sets" of etc/phoenix_datacenter_config.json') },
  ]);
});

test('a guest may use a group, which comes first', async () => {
  const withGroup = (action: string) => {
    const guests = JSON.parse(String(repositoryFiles()['etc/phoenix_lxc_configs.json']));
    guests.lxc_configs['101'].firewall.rules = [{ type: 'group', action, iface: 'net0', comment: 'Sites' }];
    const datacenter = withDatacenter({ firewall_groups: { web: { rules: [WEB] } } });
    return read({ ...datacenter, 'etc/phoenix_lxc_configs.json': JSON.stringify(guests) });
  };
  const { config, problems } = withGroup('web');
  if (config === null) throw new Error(JSON.stringify(problems));
  const target = allTargets(config).get(targetId('lxc', 101));
  expect(target?.needs).toContain('securitygroup/web');
  expect(target?.spec['firewall']).toMatchObject({ rules: ['GROUP web -i net0 # Sites'] });
  expect(withGroup('wbe').problems).toMatchObject([
    {
      code: 'BAD_RULE',
      path: '/lxc_configs/101/firewall/rules/0/action',
      hint: expect.stringContaining('firewall_groups'),
    },
  ]);
});

test('what people keep is not kept by Phoenix as well: said at both lines', () => {
  const host = JSON.parse(String(repositoryFiles()['etc/phoenix_hypervisor_config.json']));
  const files = withDatacenter({ aliases: { lan: { cidr: '10.0.0.0/24' } } });
  const text = JSON.stringify({ ...host, known_aliases: ['LAN'] });
  const { problems } = read({ ...files, 'etc/phoenix_hypervisor_config.json': text });
  expect(problems.map(({ code, file, path }) => [code, file, path])).toEqual([
    ['DUPLICATE_NAME', 'etc/phoenix_datacenter_config.json', '/aliases/lan'],
    ['DUPLICATE_NAME', 'etc/phoenix_hypervisor_config.json', '/known_aliases/0'],
  ]);
});

test.each([
  [
    'a name with capitals',
    { aliases: { Lan: { cidr: '10.0.0.0/24' } } },
    { code: 'INVALID_VALUE', path: '/aliases/Lan', message: expect.stringContaining('lower-case') },
  ],
  ['no address', { aliases: { lan: { cidr: '10.0.0.300' } } }, { code: 'INVALID_VALUE', path: '/aliases/lan/cidr' }],
  [
    'a range in a set',
    { ip_sets: { blocked: { entries: ['10.0.0.1-10.0.0.9'] } } },
    { code: 'INVALID_VALUE', path: '/ip_sets/blocked/entries/0' },
  ],
  [
    'an address inside of its network',
    { ip_sets: { blocked: { entries: [{ cidr: '10.0.0.5/24' }] } } },
    { path: '/ip_sets/blocked/entries/0/cidr', message: expect.stringContaining('write 10.0.0.0/24') },
  ],
  [
    'a rule that names what is not there',
    { firewall_groups: { web: { rules: [REST, { ...REST, source: '+blocked' }] } } },
    { code: 'BAD_RULE', path: '/firewall_groups/web/rules/1/source' },
  ],
  [
    'a macro that Proxmox does not have',
    { firewall_groups: { web: { rules: [{ ...SSH, source: '10.0.0.0/24', macro: 'Shh' }] } } },
    { code: 'BAD_RULE', path: '/firewall_groups/web/rules/0/macro' },
  ],
  [
    'a group within a group',
    { firewall_groups: { web: { rules: [{ type: 'group', action: 'DROP' }] } } },
    { code: 'INVALID_VALUE', path: '/firewall_groups/web/rules/0/type' },
  ],
  [
    'a name that is too long',
    { firewall_groups: { 'this-name-is-way-too-long': {} } },
    { path: '/firewall_groups/this-name-is-way-too-long', message: expect.stringContaining('2 to 18') },
  ],
  [
    'an entry twice',
    { ip_sets: { blocked: { entries: ['10.0.0.5', '10.0.0.5/32'] } } },
    { code: 'INVALID_VALUE', path: '/ip_sets/blocked/entries/1' },
  ],
  [
    'an alias that nothing declares',
    { ip_sets: { blocked: { entries: ['dc/lan'] } } },
    { code: 'UNKNOWN_REFERENCE', path: '/ip_sets/blocked/entries/0', hint: expect.stringContaining('known_aliases') },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});
