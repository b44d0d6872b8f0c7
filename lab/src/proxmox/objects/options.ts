// Options of the datacenter (pve-cluster, PVE/DataCenterConfig.pm) and of the node: files with one option per line, after the notes.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseOptionLines } from '../../../../src/proxmox/files/option-lines.ts';
import { encodeText } from '../../../../src/proxmox/files/section-config.ts';
import { booleanOf, splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { methodSchemas, propertiesOf } from '../../../../src/proxmox/parameters/table.ts';
import { type Call, warn } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

const PATH = '/cluster/options';

/** Answers a change of them; undefined for any other call. */
export function optionsCall(
  call: Call,
  method: string,
  template: string,
  { delete: unset, description, ...given }: Parameters,
): { readonly data: unknown } | undefined {
  if (method !== 'PUT' || template !== PATH) return undefined;
  const file = pathOf(call.node, 'etc/pve/datacenter.cfg');
  const raw = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const options = new Map(Object.entries(parseOptionLines(raw)).map(([key, [value = '']]) => [key, value]));
  readMigration(call, options);
  for (const [option, value] of Object.entries(given)) options.set(option, normalised(option, String(value)));
  // Last, also of what the same call sets.
  const cleared = splitList(String(unset ?? ''));
  for (const option of cleared) options.delete(option);
  writeMigration(options);
  if (options.get('mac_prefix')?.toUpperCase() === DEFAULT_MAC_PREFIX) options.delete('mac_prefix');
  const notes = notesAfter(raw, description, cleared);
  const lines = [...options].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value}`);
  replaceFile(file, [...notes, '', ...lines].map((line) => `${line}\n`).join(''));
  return { data: null };
}

const DEFAULT_MAC_PREFIX = 'BC:24:11';

/** The lines of a description after a change. */
function notesAfter(raw: string, description: Parameters[string] | undefined, cleared: readonly string[]): string[] {
  if (cleared.includes('description')) return [];
  if (description === undefined) return raw.split('\n').filter((line) => line.startsWith('#'));
  const lines = String(description).replace(/\n+$/, '').split('\n');
  return lines.map((line) => `#${encodeText(line)}`);
}

const typeIn = (migration: string | undefined): string | undefined => {
  const parsed = migration === undefined ? undefined : parsePropertyString(migrationFormat(), migration);
  return parsed?.ok === true ? parsed.properties['type'] : undefined;
};

function migrationFormat(): string {
  return methodSchemas(`PUT ${PATH}`)?.get('migration')?.format ?? '';
}

/** The older option counts where the newer one has no type (PVE/DataCenterConfig.pm, parse_datacenter_config). */
export function readMigration(call: Call, options: Map<string, string>): void {
  const older = options.get('migration_unsecure');
  if (older === undefined) return;
  const newer = options.get('migration');
  if (typeIn(newer) !== undefined)
    warn(
      call,
      "deprecated setting 'migration_unsecure' and new 'migration: type' set at same time! Ignore 'migration_unsecure'",
    );
  else options.set('migration', [typeOf(older), ...(newer === undefined ? [] : [newer])].join(','));
}

/** Without the newer option the older one is written as that (write_datacenter_config). */
function writeMigration(options: Map<string, string>): void {
  const older = options.get('migration_unsecure');
  if (older === undefined || options.has('migration')) return;
  options.delete('migration_unsecure');
  options.set('migration', typeOf(older));
}

function typeOf(older: string): string {
  return booleanOf(older) === '1' ? 'insecure' : 'secure';
}

const NODE = '/nodes/{node}/config';

/** Options of a node (pve-manager, PVE/NodeConfig.pm): lines of a separate file, values unchanged. */
export function nodeOptionsCall(
  { node }: Call,
  method: string,
  template: string,
  { node: _, delete: unset, digest, description, ...given }: Parameters,
): { readonly data: unknown } | undefined {
  if (method !== 'PUT' || template !== NODE) return undefined;
  const file = pathOf(node, `etc/pve/nodes/${node.name}/config`);
  const raw = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (digest !== undefined && digest !== createHash('sha1').update(raw).digest('hex'))
    refuse('detected modified configuration - file changed by other user? Try again.');
  const options: Record<string, string> = Object.fromEntries(
    Object.entries(parseOptionLines(raw)).map(([key, [value = '']]) => [key, value]),
  );
  const cleared = splitList(String(unset ?? ''));
  for (const [option, value] of Object.entries(given)) options[option] = String(value);
  for (const option of cleared) delete options[option];
  hasDomainsOnce(options);
  const notes = notesAfter(raw, description, cleared);
  const lines = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  replaceFile(file, [...notes, ...lines.map(([key, value]) => `${key}: ${value}`)].map((line) => `${line}\n`).join(''));
  return { data: null };
}

function hasDomainsOnce(options: Readonly<Record<string, string>>): void {
  const seen = new Map<string, string>();
  for (const key of ['acme', ...Array.from({ length: 6 }, (_, index) => `acmedomain${index}`)]) {
    const parsed = parsePropertyString(key === 'acme' ? 'storage/acme' : 'storage/acmedomain', options[key] ?? '');
    if (options[key] === undefined || !parsed.ok) continue;
    const { domain, domains } = parsed.properties;
    for (const name of key === 'acme' ? splitList(domains ?? '') : [domain ?? '']) {
      const other = seen.get(name.toLowerCase());
      if (other !== undefined)
        refuse(`duplicate domain '${name.toLowerCase()}' in ACME config properties '${key}' and '${other}'`);
      seen.set(name.toLowerCase(), key);
    }
  }
}

/** A property string sorted by key, the default key without its name. */
function normalised(option: string, value: string): string {
  const format = methodSchemas(`PUT ${PATH}`)?.get(option)?.format;
  const properties = format === undefined ? undefined : propertiesOf(format);
  const parsed = format === undefined || properties === undefined ? undefined : parsePropertyString(format, value);
  if (format === undefined || properties === undefined || parsed?.ok !== true) return value;
  const { lower, upper } = parsed.properties;
  if (option === 'next-id' && lower !== undefined && upper !== undefined && Number(lower) > Number(upper))
    refuse(`lower (${lower}) <= upper (${upper}) boundary rule broken`);
  // Bandwidth limits are stored as sent.
  if (option === 'bwlimit') return value;
  const first = Object.keys(properties).find((key) => properties[key]?.default_key === 1) ?? '';
  const sorted = Object.entries(parsed.properties).sort(([a], [b]) =>
    a === first ? -1 : b === first ? 1 : a < b ? -1 : 1,
  );
  return printPropertyString(format, Object.fromEntries(sorted));
}
