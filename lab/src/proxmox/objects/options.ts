// Options of the datacenter (pve-cluster, PVE/DataCenterConfig.pm): a line each of /etc/pve/datacenter.cfg, notes before them.

import { existsSync, readFileSync } from 'node:fs';
import { splitList } from '../../../../src/proxmox/perl.ts';
import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/property-string.ts';
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
  for (const [option, value] of Object.entries(given)) options.set(option, asWritten(option, String(value)));
  const written = [...options].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value}\n`);
  replaceFile(file, [...notes.map((line) => `${line}\n`), '\n', ...written].join(''));
  return { data: null };
}

/** A property string in the order of its keys, the first without its name. */
function asWritten(option: string, value: string): string {
  const format = methodSchemas(`PUT ${PATH}`)?.get(option)?.format;
  const properties = format === undefined ? undefined : propertiesOf(format);
  const parsed = format === undefined || properties === undefined ? undefined : parsePropertyString(format, value);
  if (format === undefined || properties === undefined || parsed?.ok !== true) return value;
  const { lower, upper } = parsed.properties;
  if (option === 'next-id' && lower !== undefined && upper !== undefined && Number(lower) >= Number(upper))
    refuse(`lower (${lower}) <= upper (${upper}) boundary rule broken`);
  // Bandwidths are kept as they were sent.
  if (option === 'bwlimit') return value;
  const first = Object.keys(properties).find((key) => properties[key]?.default_key === 1) ?? '';
  const sorted = Object.entries(parsed.properties).sort(([a], [b]) =>
    a === first ? -1 : b === first ? 1 : a < b ? -1 : 1,
  );
  return printPropertyString(format, Object.fromEntries(sorted));
}
