// Changes of users, groups, roles, permissions and tokens by the API (pve-access-control, PVE/API2): lines of /etc/pve/user.cfg.

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { BUILT_IN_ROLES, isAclPath, normalisedAclPath } from '../../../../src/proxmox/access.ts';
import type { Options } from '../../../../src/proxmox/files/section-config.ts';
import type { Right } from '../../../../src/proxmox/files/user-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { type Access, keepAccess, ownerOf, readAccess, removeFromGroups } from '../access/access.ts';
import { passwordFor } from '../access/passwords.ts';
import type { Call } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { text } from '../verb-parameters.ts';

type Change = (access: Access, parameters: Parameters, node: LabNode) => unknown;

const CHANGES: Readonly<Record<string, Change>> = {
  'POST /access/groups': (access, parameters) => {
    const id = text(parameters, 'groupid') ?? '';
    if (access.groups.has(id)) refuse(`create group failed: group '${id}' already exists`);
    access.groups.set(id, { users: [''], comment: [text(parameters, 'comment') ?? ''] });
  },
  'PUT /access/groups/{groupid}': (access, parameters) => {
    const id = text(parameters, 'groupid') ?? '';
    const group = access.groups.get(id) ?? refuse(`update group failed: group '${id}' does not exist`);
    access.groups.set(id, withTexts(group, parameters, ['comment']));
  },
  'DELETE /access/groups/{groupid}': (access, parameters) => {
    const id = text(parameters, 'groupid') ?? '';
    if (!access.groups.delete(id)) refuse(`delete group failed: group '${id}' does not exist`);
    access.rights = access.rights.filter(({ who }) => who !== `@${id}`);
  },
  'POST /access/users': addUser,
  'PUT /access/users/{userid}': changeUser,
  'DELETE /access/users/{userid}': (access, parameters) => {
    const id = text(parameters, 'userid') ?? '';
    access.users.delete(id);
    removeFromGroups(access, id);
    access.rights = access.rights.filter(({ who }) => who !== id);
    for (const token of [...access.tokens.keys()]) if (ownerOf(token) === id) access.tokens.delete(token);
  },
  'POST /access/roles': (access, parameters) => {
    const id = text(parameters, 'roleid') ?? '';
    if (BUILT_IN_ROLES.includes(id) && !id.startsWith('PVE')) refuse(`create role failed: role '${id}' already exists`);
    if (/^pve/i.test(id))
      refuseParameters({ roleid: "cannot use role ID starting with the (case-insensitive) 'PVE' namespace" });
    if (access.roles.has(id)) refuse(`create role failed: role '${id}' already exists`);
    access.roles.set(id, { privs: [words(text(parameters, 'privs'))] });
  },
  'PUT /access/roles/{roleid}': (access, parameters) => {
    const id = text(parameters, 'roleid') ?? '';
    if (BUILT_IN_ROLES.includes(id)) refuse(`auto-generated role '${id}' cannot be modified`);
    const role = access.roles.get(id) ?? refuse(`update role failed: role '${id}' does not exist`);
    needsToAppend(parameters, 'privs');
    const before = parameters['append'] === '1' ? (role['privs']?.[0] ?? '') : '';
    access.roles.set(id, { privs: [words(before, text(parameters, 'privs'))] });
  },
  'DELETE /access/roles/{roleid}': (access, parameters) => {
    const id = text(parameters, 'roleid') ?? '';
    if (BUILT_IN_ROLES.includes(id)) refuse(`auto-generated role '${id}' cannot be deleted`);
    if (!access.roles.delete(id)) refuse(`delete role failed: role '${id}' does not exist`);
  },
  'PUT /access/acl': changeRights,
  'POST /access/users/{userid}/token/{tokenid}': addToken,
  'PUT /access/users/{userid}/token/{tokenid}': changeToken,
  'DELETE /access/users/{userid}/token/{tokenid}': (access, parameters, node) => {
    const id = knownToken(access, parameters);
    access.tokens.delete(id);
    changeTokenValues(node, (values) => values.delete(id));
  },
};

/** Answers a change of one of them; undefined for any other call. */
export function accessCall(
  { node }: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  if (method === 'GET' && template === '/access/acl') return { data: readAccess(node).rights.map(shownRight) };
  const change = CHANGES[`${method} ${template}`];
  if (change === undefined) return undefined;
  const access = readAccess(node);
  const data = change(access, parameters, node) ?? null;
  keepAccess(node, access);
  return { data };
}

function shownRight({ path, propagate, role, who }: Right): Readonly<Record<string, unknown>> {
  const type = who.startsWith('@') ? 'group' : who.includes('!') ? 'token' : 'user';
  return { path, propagate: propagate ? 1 : 0, roleid: role, type, ugid: who.replace(/^@/, '') };
}

function addUser(access: Access, parameters: Parameters, node: LabNode): void {
  const id = text(parameters, 'userid') ?? '';
  const failing = 'create user failed';
  if (access.users.has(id)) refuse(`${failing}: user '${id}' already exists`);
  const password = text(parameters, 'password');
  if (password !== undefined) passwordFor(node, id, password, `${failing}: `);
  const user = { enable: [text(parameters, 'enable') ?? '1'], expire: [text(parameters, 'expire') ?? '0'] };
  joinGroups(access, id, parameters, failing);
  access.users.set(id, withTexts(user, parameters, USER_TEXTS));
}

const USER_TEXTS = ['comment', 'email', 'firstname', 'lastname', 'keys'];

function changeUser(access: Access, parameters: Parameters): void {
  const id = text(parameters, 'userid') ?? '';
  const failing = 'update user failed';
  const user = access.users.get(id) ?? refuse(`${failing}: no such user ('${id}')`);
  needsToAppend(parameters, 'groups');
  if (parameters['groups'] !== undefined && parameters['append'] !== '1') removeFromGroups(access, id);
  joinGroups(access, id, parameters, failing);
  access.users.set(id, withTexts(user, parameters, [...USER_TEXTS, 'enable', 'expire']));
}

function joinGroups({ groups }: Access, user: string, parameters: Parameters, failing: string): void {
  for (const id of splitList(text(parameters, 'groups') ?? '').filter((each) => each !== '')) {
    const group = groups.get(id) ?? refuse(`${failing}: no such group '${id}'`);
    groups.set(id, { ...group, users: [words(group['users']?.[0], user)] });
  }
}

function changeRights(access: Access, parameters: Parameters): void {
  const given = text(parameters, 'path') ?? '';
  if (['users', 'groups', 'tokens'].every((list) => parameters[list] === undefined)) {
    const why = "either 'users', 'groups' or 'tokens' is required.";
    refuseParameters({ users: why, groups: why, tokens: why });
  }
  if (!isAclPath(given)) refuseParameters({ path: `invalid ACL path '${given}'` });
  const path = normalisedAclPath(given);
  const holders = holdersIn(parameters);
  const who = [...holders.users, ...holders.groups.map((group) => `@${group}`), ...holders.tokens];
  for (const role of splitList(text(parameters, 'roles') ?? '')) {
    checkKnown(access, role, holders);
    const isMeant = (right: Access['rights'][number]) =>
      right.path === path && right.role === role && who.includes(right.who);
    const others = access.rights.filter((right) => !isMeant(right));
    const propagate = parameters['propagate'] !== '0';
    const added = parameters['delete'] === '1' ? [] : who.map((each) => ({ path, who: each, role, propagate }));
    access.rights = [...others, ...added];
  }
}

interface Holders {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly tokens: readonly string[];
}

function holdersIn(parameters: Parameters): Holders {
  const of = (list: string) => splitList(text(parameters, list) ?? '').filter((each) => each !== '');
  return { users: of('users'), groups: of('groups'), tokens: of('tokens') };
}

/** Refuses a role and holders of it that do not exist. */
function checkKnown(access: Access, role: string, { users, groups, tokens }: Holders): void {
  const failing = 'ACL update failed';
  if (!BUILT_IN_ROLES.includes(role) && !access.roles.has(role)) refuse(`${failing}: role '${role}' does not exist`);
  const group = groups.find((each) => !access.groups.has(each));
  if (group !== undefined) refuse(`${failing}: group '${group}' does not exist`);
  const user = users.find((each) => !access.users.has(each));
  if (user !== undefined) refuse(`${failing}: user '${user}' does not exist`);
  const token = tokens.find((each) => !access.tokens.has(each));
  if (token === undefined) return;
  const owner = ownerOf(token);
  refuse(`${failing}: no such token '${token.slice(owner.length + 1)}' for user '${owner}'`);
}

function addToken(access: Access, parameters: Parameters, node: LabNode): unknown {
  const id = tokenOf(parameters);
  if (!access.users.has(ownerOf(id))) refuse(`no such user ('${ownerOf(id)}')`);
  if (access.tokens.has(id)) refuseParameters({ tokenid: 'Token already exists.' });
  const own = { expire: [text(parameters, 'expire') ?? '0'], privsep: [text(parameters, 'privsep') ?? '1'] };
  access.tokens.set(id, withTexts(own, parameters, ['comment']));
  const value = randomUUID();
  changeTokenValues(node, (values) => values.set(id, value));
  const { expire, privsep = 1, comment } = parameters;
  return {
    'full-tokenid': id,
    info: { ...(comment === undefined ? {} : { comment }), ...(expire === undefined ? {} : { expire }), privsep },
    value,
  };
}

function changeToken(access: Access, parameters: Parameters): unknown {
  const id = knownToken(access, parameters);
  const token = withTexts(access.tokens.get(id) ?? {}, parameters, ['expire', 'privsep', 'comment']);
  access.tokens.set(id, token);
  return Object.fromEntries(Object.entries(token).map(([key, [value = '']]) => [key, value]));
}

function knownToken({ tokens, users }: Access, parameters: Parameters): string {
  const id = tokenOf(parameters);
  if (!users.has(ownerOf(id))) refuse(`no such user ('${ownerOf(id)}')`);
  if (!tokens.has(id))
    refuse(`no such token '${text(parameters, 'tokenid')}' for user '${text(parameters, 'userid')}'`);
  return id;
}

function tokenOf(parameters: Parameters): string {
  return `${text(parameters, 'userid')}!${text(parameters, 'tokenid')}`;
}

/** Token values are in a separate file that only root and Proxmox can read. */
function changeTokenValues(node: LabNode, change: (values: Map<string, string>) => void): void {
  const file = pathOf(node, 'etc/pve/priv/token.cfg');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const values = new Map(lines.flatMap((line) => (line === '' ? [] : [line.split(' ') as [string, string]])));
  change(values);
  replaceFile(file, [...values].map(([id, value]) => `${id} ${value}\n`).join(''));
}

function withTexts(options: Options, parameters: Parameters, names: readonly string[]): Options {
  const given = names.flatMap((name) => {
    const value = text(parameters, name);
    return value === undefined ? [] : [[name, [value]]];
  });
  return { ...options, ...Object.fromEntries(given) };
}

function needsToAppend(parameters: Parameters, list: string): void {
  if (parameters['append'] !== undefined && parameters[list] === undefined)
    refuseParameters({ [list]: "missing property required by 'append'" });
}

/** The words of several lists, sorted and without duplicates. */
function words(...lists: readonly (string | undefined)[]): string {
  const all = lists.flatMap((list) => splitList(list ?? '').filter((word) => word !== ''));
  return [...new Set(all)].sort().join(',');
}
