// The firewall file of a guest: written as a whole, compared by meaning, and never over a foreign file.

import { expect, test } from 'vitest';
import type { FirewallRule } from '../../../../src/managers/guest/declared.ts';
import { decideFirewall, declaredFirewall, printFirewall } from '../../../../src/managers/guest/proxmox/firewall.ts';
import { parseFirewall } from '../../../../src/proxmox/firewall/file.ts';

const RULE: FirewallRule = {
  type: 'in',
  action: 'ACCEPT',
  source: '10.0.0.0/24',
  dest: null,
  proto: 'tcp',
  port: '80,443',
  sourcePort: null,
  iface: null,
  log: null,
  enabled: true,
  comment: 'the web',
  writtenAt: { file: '', path: '' },
};
const OFF = { ...RULE, type: 'out', enabled: false, iface: 'eth0', log: 'info', comment: 'two\nlines' } as const;
const FIREWALL = declaredFirewall({ enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [RULE, OFF, RULE] });

function decide(present: string | null, declared = FIREWALL, adopted = false, faults: readonly string[] = []) {
  return decideFirewall({ program: 'pct', id: 101 }, { declared, adopted }, { text: present, faults });
}

test('rules are in the declared order, each once', () => {
  expect(FIREWALL && printFirewall(FIREWALL)).toMatchInlineSnapshot(`
    "# Kept by Phoenix. Change it in the repository, not here.

    [OPTIONS]

    enable: 1
    policy_in: DROP
    policy_out: ACCEPT

    [RULES]

    IN ACCEPT -source 10.0.0.0/24 -p tcp -dport 80,443 # the web
    |OUT ACCEPT -i net0 -source 10.0.0.0/24 -p tcp -dport 80,443 -log info # two lines
    "
  `);
});

test('a missing file is written, and only while it is missing', () => {
  const decision = decide(null);
  expect(decision.kind).toBe('write');
  expect(decision.kind === 'write' && decision.action.do).toMatchObject({
    path: '/etc/pve/firewall/101.fw',
    expects: 'absent',
  });
});

test('a file in the words of Proxmox, without the mark, is left as it is', () => {
  const rewritten = `[OPTIONS]

policy_out: ACCEPT
enable: 1
policy_in: DROP

[RULES]

IN ACCEPT -source 10.0.0.0/24 -p tcp -dport 80,443 # the web
|OUT ACCEPT -i net0 -source 10.0.0.0/24 -p tcp -dport 80,443 -log info # two lines

`;
  expect(decide(rewritten).kind).toBe('same');
});

test('a file of somebody else is not overwritten, unless it is adopted', () => {
  const foreign = '[OPTIONS]\nenable: 1\n[RULES]\nIN DROP\n';
  expect(decide(foreign).kind).toBe('foreign');
  expect(decide(foreign, FIREWALL, true).kind).toBe('write');
  expect(decide(foreign, null).kind).toBe('same');
});

test('our own file is brought back, rules in another order included', () => {
  const ours = FIREWALL === null ? '' : printFirewall({ ...FIREWALL, rules: [...FIREWALL.rules].reverse() });
  expect(decide(ours).kind).toBe('write');
});

test('a firewall that is declared no longer is emptied', () => {
  const decision = decide(FIREWALL === null ? '' : printFirewall(FIREWALL), null);
  expect(decision.kind === 'write' && JSON.stringify(decision.action.do)).toContain('enable: 0');
});

/** Changes to the file that Phoenix wrote, and whether Proxmox then reads another `enable`, policy or rule from it. */
test.each<[change: string, edit: (text: string) => string, isSame: boolean]>([
  [
    'options in another case',
    (text) => text.replace('enable: 1', 'Enable:1').replace('policy_in: DROP', 'POLICY_IN: drop'),
    true,
  ],
  [
    'rules spelt otherwise',
    (text) => text.replace('IN ACCEPT -source 10.0.0.0/24 -p tcp', 'in  ACCEPT --proto tcp -source 10.0.0.0/24'),
    true,
  ],
  [
    'an option that is set again',
    (text) => text.replace('policy_in: DROP', 'policy_in: DROP\nPolicy_In: ACCEPT'),
    false,
  ],
  ['another word for 1', (text) => text.replace('enable: 1', 'enable: yes'), false],
  ['a blank before the colon', (text) => text.replace('enable: 1', 'enable : 1'), false],
  ['two blanks in a rule', (text) => text.replace('-p tcp', '-p  tcp'), false],
  ['carriage returns', (text) => text.replaceAll('\n', '\r\n'), false],
  ['a heading with a comment', (text) => text.replace('[RULES]', '[RULES] # ours'), false],
  ['a rule after a heading that is none', (text) => `${text}[more]\nIN DROP\n`, false],
  ['a rule after the heading of a group', (text) => `${text}[group web]\nIN DROP\n`, false],
])('%s', (_change, edit, isSame) => {
  const present = edit(FIREWALL === null ? '' : printFirewall(FIREWALL));
  const decision = decide(present);
  expect(decision.kind).toBe(isSame ? 'same' : 'write');
  const again =
    decision.kind === 'write' && decision.action.do.kind === 'file' ? decision.action.do.content : undefined;
  if (again !== undefined) expect(again.from === 'text' && decide(again.text).kind).toBe('same');
});

test('lines that Proxmox skips do not come into force, and others stay', () => {
  const text = 'enable: 0\r\n# people\r\n[OPTIONS]\r\nEnable: 0\r\nmacfilter: 0\r\n[ALIASES]\r\nhome 10.0.0.1\r\n';
  const decision = decide(text, FIREWALL, true);
  const content =
    decision.kind === 'write' && decision.action.do.kind === 'file' ? decision.action.do.content : undefined;
  const written = content?.from === 'text' ? content.text : '';
  expect(written).not.toMatch(/enable: 0|\r/i);
  expect(written).toContain('policy_out: ACCEPT\nmacfilter: 0\n# people\n\n[ALIASES]\nhome 10.0.0.1\n\n[RULES]\n');
});

test.each([
  ['log_ratelimit: enable=1', 'cluster', { log_ratelimit: 'enable=1' }],
  ['LOG_RATELIMIT: enable=1\nEBTABLES: 0', 'cluster', { ebtables: '0' }],
  ['Layer2_protocols: 0800\nIPS_QUEUES: 00', 'vm', { layer2_protocols: '0800', ips_queues: '00' }],
] as const)('options of a file are read in the case that Proxmox takes: %j', (lines, environment, options) => {
  const { config } = parseFirewall(`[OPTIONS]\n${lines}\n`, environment);
  expect(Object.fromEntries(config.options)).toEqual(options);
});
