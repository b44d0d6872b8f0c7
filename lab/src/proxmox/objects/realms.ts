// Realms by the API (pve-access-control, PVE/API2/Domains.pm): sections of /etc/pve/domains.cfg, with passwords in separate files.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseSections, printSections, type Section } from '../../../../src/proxmox/files/section-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { type Call, warn } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { text } from '../verb-parameters.ts';

const FILE = 'etc/pve/domains.cfg';
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  ad: ['domain', 'server1'],
  ldap: ['user_attr', 'base_dn', 'server1'],
  openid: ['issuer-url', 'client-id'],
};
const WRITTEN_FIRST = ['client-id', 'issuer-url', 'base_dn', 'domain', 'server1', 'user_attr'];
const BUILT_IN_OPTIONS = ['comment', 'default', 'tfa'];
const OF_DIRECTORIES = [
  'base_dn',
  'bind_dn',
  'capath',
  'case-sensitive',
  'cert',
  'certkey',
  'comment',
  'default',
  'filter',
  'mode',
  'port',
  'group_classes',
  'group_dn',
  'group_filter',
  'group_name_attr',
  'secure',
  'server1',
  'server2',
  'sslversion',
  'tfa',
  'sync-defaults-options',
  'sync_attributes',
  'user_attr',
  'user_classes',
  'verify',
];
/** The options of each type (`options` of the plugins in PVE/Auth). */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  pve: BUILT_IN_OPTIONS,
  pam: BUILT_IN_OPTIONS,
  ad: [...OF_DIRECTORIES, 'domain'],
  ldap: OF_DIRECTORIES,
  openid: [
    'acr-values',
    'audiences',
    'autocreate',
    'client-id',
    'client-key',
    'comment',
    'default',
    'groups-autocreate',
    'groups-claim',
    'groups-overwrite',
    'issuer-url',
    'prompt',
    'query-userinfo',
    'scopes',
    'username-claim',
  ],
};
const BUILT_IN: Readonly<Record<string, string>> = {
  pve: 'Proxmox VE authentication server',
  pam: 'Linux PAM standard authentication',
};

type Sections = Map<string, Section>;

/** Answers a change of a realm; undefined for any other call. */
export function realmCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  if (!template.startsWith('/access/domains') || method === 'GET' || template.endsWith('/sync')) return undefined;
  const { node } = call;
  const file = pathOf(node, FILE);
  const raw = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const sections = parseSections(raw);
  for (const [realm, comment] of Object.entries(BUILT_IN)) {
    const { options } = sections.get(realm) ?? { options: {} };
    sections.set(realm, { type: realm, options: { comment: [comment], ...options } });
  }
  const id = text(parameters, 'realm') ?? '';
  if (method === 'POST') addRealm(call, sections, id, parameters);
  else if (method === 'PUT') changeRealm(node, sections, id, parameters, raw);
  else {
    if (!sections.delete(id)) refuse(`delete auth server failed: authentication domain '${id}' does not exist`);
    keepPassword(node, id, undefined);
  }
  replaceFile(file, printSections(sections, WRITTEN_FIRST));
  return { data: null };
}

function addRealm(call: Call, sections: Sections, id: string, parameters: Parameters): void {
  const failing = 'add auth server failed';
  const { type, password } = parameters;
  if (sections.has(id)) refuse(`${failing}: domain '${id}' already exists`);
  if (typeof type !== 'string' || type in BUILT_IN) refuse(`${failing}: unable to create builtin type '${type}'`);
  if (parameters['check-connection'] !== undefined && type === 'openid')
    refuse(`${failing}: 'check-connection' parameter can only be set for realms of type 'ldap' or 'ad'`);
  const options = optionsIn(parameters);
  checkOptions(failing, type, options);
  const missing = REQUIRED[String(type)]?.find((option) => options[option] === undefined);
  if (missing !== undefined) refuse(`${failing}: missing value for required option '${missing}'`);
  isOnlyDefault(sections, options);
  sections.set(id, { type, options });
  if (type === 'openid' && password !== undefined)
    warn(call, 'ignoring password parameter at /usr/share/perl5/PVE/API2/Domains.pm line 183.');
  keepPassword(call.node, id, typeof password === 'string' && type !== 'openid' ? password : undefined);
}

function changeRealm(node: LabNode, sections: Sections, id: string, parameters: Parameters, raw: string): void {
  const failing = 'update auth server failed';
  const { digest, password } = parameters;
  if (digest !== undefined && digest !== createHash('sha1').update(raw).digest('hex'))
    refuse(`${failing}: detected modified configuration - file changed by other user? Try again.`);
  const section =
    sections.get(id) ??
    refuse(`${failing}: cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Domains.pm line 261.`);
  const given = optionsIn(parameters);
  const asked = Object.keys(parameters).filter((name) => !['realm', 'digest', 'check-connection'].includes(name));
  if (asked.length === 0) refuse(`${failing}: no options specified`);
  checkOptions(failing, section.type, given);
  const cleared = splitList(text(parameters, 'delete') ?? '');
  const kept = Object.entries(section.options).filter(([option]) => !cleared.includes(option));
  const options = { ...Object.fromEntries(kept), ...given };
  const missing = REQUIRED[section.type]?.find((option) => options[option] === undefined);
  if (missing !== undefined) refuse(`${failing}: section '${id}' - missing value for required option '${missing}'`);
  isOnlyDefault(sections, given);
  sections.set(id, { type: section.type, options });
  if (typeof password === 'string') keepPassword(node, id, password);
  else if (cleared.includes('password')) keepPassword(node, id, undefined);
}

/** Refuses options that are none of the type, and values of several lines. */
function checkOptions(failing: string, type: string, options: Readonly<Record<string, readonly string[]>>): void {
  const strange = Object.keys(options).find((option) => OPTIONS[type]?.includes(option) !== true);
  if (strange !== undefined) refuse(`${failing}: unexpected property '${strange}'`);
  if (Object.values(options).some(([value = '']) => /[\n\r]/.test(value)))
    refuse(`${failing}: property contains a line feed`);
}

function optionsIn(parameters: Parameters): Record<string, readonly string[]> {
  const { realm: _realm, type: _type, password: _secret, delete: _cleared, digest: _digest, ...given } = parameters;
  const { 'check-connection': _check, ...options } = given;
  return Object.fromEntries(
    Object.entries(options).map(([option, value]) => [option, [asWritten(option, String(value))]]),
  );
}

function asWritten(option: string, value: string): string {
  if (option !== 'sync-defaults-options') return value;
  const parsed = parsePropertyString('realm-sync-options', value);
  if (!parsed.ok) return value;
  const properties = Object.entries(parsed.properties).sort(([a], [b]) => (a < b ? -1 : 1));
  return printPropertyString('realm-sync-options', Object.fromEntries(properties));
}

/** At most one realm is the default. */
function isOnlyDefault(sections: Sections, given: Record<string, readonly string[]>): void {
  if (given['default']?.[0] !== '1') return;
  for (const [id, { type, options }] of sections) {
    const { default: _, ...others } = options;
    sections.set(id, { type, options: others });
  }
}

function keepPassword(node: LabNode, realm: string, password: string | undefined): void {
  const file = pathOf(node, `etc/pve/priv/realm/${realm}.pw`);
  if (password === undefined) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, password);
}
