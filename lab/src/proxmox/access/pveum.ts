// The program pveum, as far as users and their roles go.

import type { Answer } from '../answer.ts';
import { answer, type Call, newCall, type Verb } from '../call.ts';
import type { LabNode } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { text } from '../verb-parameters.ts';
import { keepUserLines, userLines } from './user-config.ts';

const ROLES = new Set(['Administrator', 'NoAccess', 'PVEAdmin', 'PVEAuditor', 'PVEVMAdmin', 'PVEVMUser']);

const VERBS: Readonly<Record<string, Verb>> = {
  'pveum user add': (call, parameters) => void addUser(call, parameters),
  'pveum acl modify': (call, parameters) => void changeAcl(call, parameters, true),
  'pveum acl delete': (call, parameters) => void changeAcl(call, parameters, false),
};

/** Answers a call of `pveum`. */
export function pveum(node: LabNode, argv: readonly string[]): Answer {
  return answer(newCall(node), 'pveum', argv, VERBS);
}

function addUser(call: Call, parameters: Parameters): void {
  const id = text(parameters, 'userid') ?? '';
  const lines = userLines(call.node);
  if (lines.some((line) => line.startsWith(`user:${id}:`))) refuse(`create user failed: user '${id}' already exists`);
  const comment = (text(parameters, 'comment') ?? '').replaceAll(
    /[%:]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  keepUserLines(call.node, [...lines, `user:${id}:1:0::::${comment}::`]);
}

function changeAcl(call: Call, parameters: Parameters, given: boolean): void {
  const [path, users, roles] = ['path', 'users', 'roles'].map((name) => text(parameters, name) ?? '');
  const lines = userLines(call.node);
  const unknown = (roles ?? '').split(',').find((role) => !ROLES.has(role));
  if (unknown !== undefined) refuse(`role '${unknown}' does not exist`);
  const stranger = (users ?? '').split(',').find((user) => !lines.some((line) => line.startsWith(`user:${user}:`)));
  if (stranger !== undefined) refuse(`user '${stranger}' does not exist`);
  const own = `acl:1:${path}:${users}:${roles}:`;
  const rest = lines.filter((line) => line !== own);
  keepUserLines(call.node, given ? [...rest, own] : rest);
}
