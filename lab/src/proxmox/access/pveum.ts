// The program pveum: users, groups, roles, permissions, realms and pools (pve-access-control, PVE/CLI/pveum.pm).

import type { Answer } from '../answer.ts';
import { printResult } from '../api/print-result.ts';
import { apiVerbs } from '../api/verbs.ts';
import { answer, type Call, newCall, print, warn } from '../call.ts';
import type { LabNode } from '../node.ts';
import type { Output } from '../parameters/api-call.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { text } from '../verb-parameters.ts';
import { passwordFor } from './passwords.ts';
import { staleAccess } from './stale-lines.ts';

const VERBS = apiVerbs(
  'pveum',
  {
    'acl delete': { fixed: { delete: '1' } },
    'acl modify': { fixed: { delete: '0' } },
    'user permissions': { print: printPermissions },
  },
  { 'pveum passwd': (call, parameters) => void changePassword(call, parameters) },
);

/** Answers a call of `pveum`. */
export function pveum(node: LabNode, argv: readonly string[], stdin?: () => Buffer): Answer {
  const call = newCall(node, stdin);
  for (const line of staleAccess(node)) warn(call, line);
  return answer(call, 'pveum', argv, VERBS);
}

function printPermissions(call: Call, data: unknown, output: Output): void {
  if (output !== 'text') {
    call.stdout += printResult(data, output);
    return;
  }
  const paths = Object.entries(data as Readonly<Record<string, Readonly<Record<string, 0 | 1>>>>).sort();
  const rows = paths.map(([path, granted]) => ({
    'ACL path': path,
    Permissions: Object.entries(granted)
      .sort()
      .map(([name, goesOn]) => `${name}${goesOn === 1 ? ' (*)' : ''}`)
      .join('\n'),
  }));
  call.stdout += printResult(rows, output);
  print(call, "Permissions marked with '(*)' have the 'propagate' flag set.");
}

/** The password is read twice; without a terminal each is a line of standard input. */
function changePassword(call: Call, parameters: Parameters): void {
  const [first, second] = call.stdin().toString().split('\n');
  if (first === undefined || first === '' || second === undefined) refuse('EOF while reading password');
  if (first !== second) refuse('passwords do not match');
  passwordFor(call.node, text(parameters, 'userid') ?? '', first ?? '');
}
