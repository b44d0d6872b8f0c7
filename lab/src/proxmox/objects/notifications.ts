// Notification targets and matchers by the API (proxmox-notify, src/api): sections of one file, and their secrets in another that is never shown.
// Nothing is sent.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseSections, type Section } from '../../../../src/proxmox/files/section-config.ts';
import {
  BUILT_IN_NOTIFICATIONS,
  NOTIFICATIONS_FILE,
  parseNotifications,
} from '../../../../src/proxmox/notifications.ts';
import { booleanOf } from '../../../../src/proxmox/parameters/perl.ts';
import { methodSchemas } from '../../../../src/proxmox/parameters/table.ts';
import type { Call } from '../call.ts';
import { replaceFile, withLock } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

const PRIVATE = '/etc/pve/priv/notifications.cfg';
const SECRETS: Readonly<Record<string, string>> = { smtp: 'password', gotify: 'token', webhook: 'secret' };
/** Properties that the call does not delete (the enumerations of deletable properties). */
const NOT_DELETABLE: Readonly<Record<string, readonly string[]>> = {
  gotify: ['server', 'token'],
  smtp: ['from-address', 'mode', 'server'],
  webhook: ['method', 'url'],
};

type Sections = Map<string, Section>;

/** Answers a change of one of them; undefined for any other call. */
export function notificationCall(
  { node }: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const [, below = ''] = /^\/cluster\/notifications\/(?:endpoints\/)?(\w+)(?:\/\{name\})?$/.exec(template) ?? [];
  const type = below === 'matchers' ? 'matcher' : below;
  if (type === '' || method === 'GET') return undefined;
  const locked = withLock(pathOf(node, 'run/lock/notifications.lck'), 10_000, () =>
    change(node, method, template, type, parameters),
  );
  return locked === undefined
    ? refuse('cfs-lock-domain notifications error: got lock request timeout')
    : { data: null };
}

function change(node: LabNode, method: string, template: string, type: string, parameters: Parameters): void {
  const { name: named, digest, ...asked } = parameters;
  const name = String(named);
  const raw = fileOf(node, NOTIFICATIONS_FILE);
  const sections = parseNotifications(raw);
  const secrets = parseSections(fileOf(node, PRIVATE), 'plain');
  const isStale = digest !== undefined && digest !== createHash('sha256').update(raw).digest('hex');
  checkPresence(sections, method, type, name, isStale);
  if (method === 'DELETE') remove(sections, secrets, name, type);
  else set({ sections, secrets }, { name, type }, `${method} ${template}`, asked);
  writeSections(node, NOTIFICATIONS_FILE, sections);
  writeSections(node, PRIVATE, secrets);
}

function checkPresence(sections: Sections, method: string, type: string, name: string, isStale: boolean): void {
  const present = sections.get(name);
  if (method === 'POST' && present !== undefined)
    refuse(`Cannot create '${name}', an entity with the same name already exists`);
  if (method === 'PUT' && isStale) refuse('detected modified configuration - file changed by other user? Try again.');
  if (method !== 'POST' && present?.type !== type)
    refuse(`${type === 'matcher' ? 'matcher' : 'endpoint'} '${name}' not found`);
}

/** Adds or changes one. @param call its schemas say which properties are boolean */
function set(
  { sections, secrets }: { readonly sections: Sections; readonly secrets: Sections },
  { name, type }: { readonly name: string; readonly type: string },
  call: string,
  { delete: unset, ...given }: Parameters,
): void {
  const cleared = [unset ?? []].flat().map(String);
  const strange = cleared.find((option) => NOT_DELETABLE[type]?.includes(option) === true);
  if (strange !== undefined) refuse(`unknown variant \`${strange}\``);
  const secretName = SECRETS[type];
  const { [secretName ?? '']: secret, ...shown } = given;
  const before = sections.get(name);
  const kept = Object.entries(before?.options ?? {}).filter(([option]) => !cleared.includes(option));
  const options = { ...Object.fromEntries(kept), ...written(call, shown) };
  check(sections, type, options);
  sections.set(name, { type, options });
  if (secretName !== undefined && (before === undefined || secret !== undefined))
    secrets.set(name, { type, options: secret === undefined ? {} : { [secretName]: [secret].flat().map(String) } });
}

/** The values of properties as they stand in the file. */
function written(call: string, given: Parameters): Section['options'] {
  const schemas = methodSchemas(call);
  const entries = Object.entries(given).map(([option, value]) => {
    const texts = [value ?? []].flat().map(String);
    const isFlag = schemas?.get(option)?.type === 'boolean';
    return [option, isFlag ? texts.map((text) => String(booleanOf(text) === '1')) : texts] as const;
  });
  return Object.fromEntries(entries);
}

function check(
  sections: Sections,
  type: string,
  { mailto = [], 'mailto-user': users = [], target = [] }: Section['options'],
): void {
  if ((type === 'sendmail' || type === 'smtp') && mailto.length === 0 && users.length === 0)
    refuse('must at least provide one recipient, either in mailto or in mailto-user');
  const absent = target.find((name) => (sections.get(name)?.type ?? 'matcher') === 'matcher');
  if (absent !== undefined) refuse(`endpoint '${absent}' does not exist`);
}

/** Deleting a built-in one resets it. */
function remove(sections: Sections, secrets: Sections, name: string, type: string): void {
  const builtIn = BUILT_IN_NOTIFICATIONS.get(name);
  const users = [...sections].flatMap(([other, { type: kind, options }]) =>
    kind === 'matcher' && options['target']?.includes(name) === true ? [other] : [],
  );
  if (type !== 'matcher' && builtIn === undefined && users.length > 0)
    refuse(`cannot delete '${name}', referenced by: ${users.join(', ')}`);
  secrets.delete(name);
  sections.delete(name);
  if (builtIn !== undefined) sections.set(name, builtIn);
}

/** Writes the sections sorted by name, values unchanged. */
function writeSections(node: LabNode, path: string, sections: Sections): void {
  const written = [...sections].map(([name, { type, options }]) => {
    const lines = Object.entries(options)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([option, texts]) => texts.map((text) => `\t${option} ${text}\n`));
    return `${type}: ${name}\n${lines.join('')}\n`;
  });
  const file = pathOf(node, path);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, written.join(''));
}

function fileOf(node: LabNode, path: string): string {
  const file = pathOf(node, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
