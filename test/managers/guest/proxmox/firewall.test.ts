// The firewall file of a guest: written as a whole, compared by meaning, and never over a foreign file.

import { expect, test } from 'vitest';
import type { FirewallRule } from '../../../../src/managers/guest/declared.ts';
import { decideFirewall, declaredFirewall, printFirewall } from '../../../../src/managers/guest/proxmox/firewall.ts';

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
  return decideFirewall('pct', 101, declared, present, adopted, faults);
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
