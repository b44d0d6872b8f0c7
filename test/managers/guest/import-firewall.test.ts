// A guest's firewall file as declared fields: including macros and ICMP types, and null where the fields cannot express it.

import { expect, test } from 'vitest';
import { writtenFirewall } from '../../../src/managers/guest/import/firewall.ts';

const file = (...rules: string[]) => `[OPTIONS]\n\nenable: 1\n\n[RULES]\n\n${rules.join('\n')}\n`;

test('rules with macros, protocols by name and types of ICMP are read back', () => {
  const text = file(
    'IN SSH(ACCEPT) -i net0 -source 10.0.0.0/24 -log nolog',
    'IN ACCEPT -p icmp -log nolog -icmp-type echo-request',
    'IN ACCEPT -p gre -log nolog',
    '|IN HTTPS(ACCEPT) -log nolog',
  );
  expect(writtenFirewall(text)).toEqual({
    rules: [
      { type: 'in', action: 'ACCEPT', macro: 'SSH', iface: 'net0', source: '10.0.0.0/24', log: 'nolog' },
      { type: 'in', action: 'ACCEPT', proto: 'icmp', icmp_type: 'echo-request', log: 'nolog' },
      { type: 'in', action: 'ACCEPT', proto: 'gre', log: 'nolog' },
      { type: 'in', action: 'ACCEPT', macro: 'HTTPS', log: 'nolog', enabled: false },
    ],
  });
});

test('a file with an unsupported rule is left as it is', () => {
  expect(writtenFirewall(file('IN SSH(ACCEPT)', 'IN NONSENSE'))).toBeNull();
});
