// The program pveum: users, groups, roles and permissions.

import type { Answer } from '../answer.ts';
import { answer, type Call, newCall, type Verb } from '../call.ts';
import type { LabNode } from '../node.ts';
import { accessCall } from '../objects/access.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { text } from '../verb-parameters.ts';
import { passwordFor } from './passwords.ts';

const VERBS: Readonly<Record<string, Verb>> = {
  'pveum user add': (call, parameters) => void changed(call, 'POST', '/access/users', parameters),
  'pveum passwd': (call, parameters) => void changePassword(call, parameters),
  'pveum acl modify': (call, parameters) => void changed(call, 'PUT', '/access/acl', parameters),
  'pveum acl delete': (call, parameters) => void changed(call, 'PUT', '/access/acl', { ...parameters, delete: '1' }),
};

/** Answers a call of `pveum`. */
export function pveum(node: LabNode, argv: readonly string[], stdin?: () => Buffer): Answer {
  return answer(newCall(node, stdin), 'pveum', argv, VERBS);
}

/** The password is read twice; without a terminal each is a line of standard input. */
function changePassword(call: Call, parameters: Parameters): void {
  const [first, second] = call.stdin().toString().split('\n');
  if (first === undefined || first === '' || second === undefined) refuse('EOF while reading password');
  if (first !== second) refuse('passwords do not match');
  passwordFor(call.node, text(parameters, 'userid') ?? '', first ?? '');
}

function changed(call: Call, method: string, template: string, parameters: Parameters): void {
  accessCall(call, method, template, parameters);
}
