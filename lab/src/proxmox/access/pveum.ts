// The program pveum: users, groups, roles and permissions.

import type { Answer } from '../answer.ts';
import { pvesh } from '../api/pvesh.ts';
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

/** Verbs that stand for a call of the API alone: its command and path, whose words in capitals are the verb's own first words. */
const CALLS: Readonly<Record<string, readonly [command: string, path: string, named?: string]>> = {
  'role add': ['create', '/access/roles', 'roleid'],
  'role modify': ['set', '/access/roles/ID'],
  'role delete': ['delete', '/access/roles/ID'],
  'group add': ['create', '/access/groups', 'groupid'],
  'group modify': ['set', '/access/groups/ID'],
  'group delete': ['delete', '/access/groups/ID'],
  'user modify': ['set', '/access/users/ID'],
  'user delete': ['delete', '/access/users/ID'],
  'user token add': ['create', '/access/users/ID/token/TOKEN'],
  'user token delete': ['delete', '/access/users/ID/token/TOKEN'],
  'acl list': ['get', '/access/acl'],
};

/** The words of the call of the API that the command stands for; undefined for any other command. */
function asApiCall(argv: readonly string[]): readonly string[] | undefined {
  for (const [verb, [command, path, named]] of Object.entries(CALLS)) {
    const words = verb.split(' ');
    if (!words.every((word, index) => word === argv[index])) continue;
    const rest = argv.slice(words.length);
    if (named !== undefined) return [command, path, ...(rest[0] === undefined ? [] : [`--${named}`, ...rest])];
    const places = path.match(/[A-Z]+/g) ?? [];
    const full = places.reduce((text, place, index) => text.replace(place, rest[index] ?? ''), path);
    return [command, full, ...rest.slice(places.length)];
  }
  return undefined;
}

/** Answers a call of `pveum`. */
export function pveum(node: LabNode, argv: readonly string[], stdin?: () => Buffer): Answer {
  const words = asApiCall(argv);
  if (words !== undefined) return pvesh(node, words, stdin);
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
