// Options of the datacenter (pve-cluster, PVE/DataCenterConfig.pm) and of the node: files with one option per line, after the notes.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseOptionLines } from '../../../../src/proxmox/option-lines.ts';
import { splitList } from '../../../../src/proxmox/perl.ts';
import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/property-string.ts';
import { encodeText } from '../../../../src/proxmox/section-config.ts';
import { methodSchemas, propertiesOf } from '../../../../src/proxmox/table.ts';
import type { Call } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

const PATH = '/cluster/options';

/** Answers a change of them; undefined for any other call. */
export function optionsCall(
  { node }: Call,
  method: string,
  template: string,
  { delete: unset, ...given }: Parameters,
): { readonly data: unknown } | undefined {
  if (method !== 'PUT' || template !== PATH) return undefined;
  const file = pathOf(node, 'etc/pve/datacenter.cfg');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const notes = lines.filter((line) => line.startsWith('#'));
  const options = new Map(
    lines.flatMap((line): [string, string][] => {
      const [, key, value = ''] = /^([a-z][a-z0-9_-]*):\s*(.*)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, value]];
    }),
  );
  for (const option of splitList(String(unset ?? ''))) options.delete(option);
  for (const [option, value] of Object.entries(given)) options.set(option, normalised(option, String(value)));
  const written = [...options].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value}\n`);
  replaceFile(file, [...notes.map((line) => `${line}\n`), '\n', ...written].join(''));
  return { data: null };
}

const NODE = '/nodes/{node}/config';

/** Options of a node (pve-manager, PVE/NodeConfig.pm): lines of a separate file, values unchanged. */
export function nodeOptionsCall(
  { node }: Call,
  method: string,
  template: string,
  { node: named, delete: unset, digest, description, ...given }: Parameters,
): { readonly data: unknown } | undefined {
  if (method !== 'PUT' || template !== NODE || (named !== node.name && named !== 'localhost')) return undefined;
  const file = pathOf(node, `etc/pve/nodes/${node.name}/config`);
  const raw = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (digest !== undefined && digest !== createHash('sha1').update(raw).digest('hex'))
    refuse('detected modified configuration - file changed by other user? Try again.');
  const options: Record<string, string> = Object.fromEntries(
    Object.entries(parseOptionLines(raw)).map(([key, [value = '']]) => [key, value]),
  );
  const cleared = splitList(String(unset ?? ''));
  for (const option of cleared) delete options[option];
  for (const [option, value] of Object.entries(given)) options[option] = String(value);
  hasDomainsOnce(options);
  const notes = cleared.includes('description')
    ? []
    : description === undefined
      ? raw.split('\n').filter((line) => line.startsWith('#'))
      : String(description)
          .replace(/\n+$/, '')
          .split('\n')
          .map((line) => `#${encodeText(line)}`);
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
  if (option === 'next-id' && lower !== undefined && upper !== undefined && Number(lower) >= Number(upper))
    refuse(`lower (${lower}) <= upper (${upper}) boundary rule broken`);
  // Bandwidth limits are stored as sent.
  if (option === 'bwlimit') return value;
  const first = Object.keys(properties).find((key) => properties[key]?.default_key === 1) ?? '';
  const sorted = Object.entries(parsed.properties).sort(([a], [b]) =>
    a === first ? -1 : b === first ? 1 : a < b ? -1 : 1,
  );
  return printPropertyString(format, Object.fromEntries(sorted));
}
