// Device mappings and metric servers: section config files whose API calls work alike. A row describes what differs.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  parseSections,
  parseUntypedSections,
  printSections,
  printUntypedSections,
  type Section,
} from '../../../../src/proxmox/files/section-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { type Call, warn } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseLineFeeds } from '../refusal.ts';

interface TypedRow {
  /** Path template of one object. */
  readonly path: string;
  /** The parameter with its id. */
  readonly id: string;
  readonly file: string;
  /** Options of each type; null for sections that have no type. */
  readonly types: Readonly<Record<string, readonly string[]>> | null;
  /** Required options, which are written first. */
  readonly required: readonly string[];
  /** Options that every change must contain. */
  readonly always: readonly string[];
  readonly failing: { readonly create: string; readonly update: string };
  readonly words: { readonly exists: string; readonly unset: string };
  /** The error for deleting a missing object; null: it succeeds. */
  readonly mustExist: string | null;
  /** The option with a secret, and the file that stores it separately. */
  readonly secret: { readonly option: string; readonly file: (id: string) => string } | null;
  readonly check: (node: LabNode, parameters: Parameters) => void;
}

const MAPPING = {
  id: 'id',
  types: null,
  required: ['map'],
  always: ['map'],
  failing: { create: 'create hardware mapping failed: ', update: 'update hardware mapping failed: ' },
  mustExist: null,
  secret: null,
} as const;

const ROWS: readonly TypedRow[] = [
  ...(['pci', 'usb'] as const).map((bus) => ({
    ...MAPPING,
    path: `/cluster/mapping/${bus}/{id}`,
    file: `etc/pve/mapping/${bus}.cfg`,
    words: { exists: `${bus} ID '%s' already defined`, unset: `${bus} ID '%s' does not exist` },
    check: () => {},
  })),
  {
    ...MAPPING,
    path: '/cluster/mapping/dir/{id}',
    file: 'etc/pve/mapping/directory.cfg',
    failing: { create: 'create dir mapping failed: ', update: 'update directory mapping failed: ' },
    words: { exists: "dir ID '%s' already defined", unset: "dir ID '%s' does not exist" },
    check: checkFolders,
  },
  {
    path: '/cluster/metrics/server/{id}',
    id: 'id',
    file: 'etc/pve/status.cfg',
    types: {
      graphite: ['server', 'port', 'mtu', 'proto', 'timeout', 'path', 'disable'],
      influxdb: [
        'server',
        'port',
        'mtu',
        'disable',
        'organization',
        'bucket',
        'token',
        'influxdbproto',
        'timeout',
        'max-body-size',
        'api-path-prefix',
        'verify-certificate',
      ],
      opentelemetry: [
        'server',
        'port',
        'disable',
        'otel-protocol',
        'otel-path',
        'otel-timeout',
        'otel-headers',
        'otel-verify-ssl',
        'otel-max-body-size',
        'otel-resource-attributes',
        'otel-compression',
      ],
    },
    required: ['port', 'server'],
    always: [],
    failing: { create: '', update: '' },
    words: { exists: "Metric server '%s' already exists", unset: "no such server '%s'" },
    mustExist: 'cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Cluster/MetricServer.pm line 295.',
    secret: { option: 'token', file: (id) => `etc/pve/priv/metricserver/${id}.pw` },
    check: () => {},
  },
];

/** Handles a change of such an object; undefined for other paths. */
export function typedCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const row = ROWS.find(({ path }) => template === path || `${template}/{id}` === path);
  if (row === undefined || method === 'GET') return undefined;
  const file = pathOf(call.node, row.file);
  const raw = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const sections = readSections(row, raw);
  if (method === 'DELETE') deleteObject(row, call, sections, parameters);
  else changeObject(row, call, sections, parameters, method === 'POST' ? null : raw);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, printed(row, sections));
  return { data: null };
}

function readSections({ types }: TypedRow, raw: string): Map<string, Section> {
  if (types !== null) return parseSections(raw);
  return new Map([...parseUntypedSections(raw)].map(([name, options]) => [name, { type: '', options }]));
}

function printed({ types, required }: TypedRow, sections: ReadonlyMap<string, Section>): string {
  return types === null ? printUntypedSections(sections, required) : printSections(sections, ['disable', ...required]);
}

function deleteObject(row: TypedRow, call: Call, sections: Map<string, Section>, parameters: Parameters): void {
  const id = String(parameters[row.id] ?? '');
  const { type = '' } = sections.get(id) ?? {};
  if (!sections.delete(id) && row.mustExist !== null) refuse(row.mustExist);
  writeSecret(row, call, type, id, undefined);
}

/** @param raw the file with the object that is updated; null: it is created */
function changeObject(
  row: TypedRow,
  call: Call,
  sections: Map<string, Section>,
  parameters: Parameters,
  raw: string | null,
): void {
  const { [row.id]: named, delete: unset, digest, type, ...given } = parameters;
  const id = String(named ?? '');
  const isNew = raw === null;
  const before = sections.get(id);
  if (isNew && before !== undefined) refuse(`${row.failing.create}${row.words.exists.replace('%s', id)}`);
  if (!isNew) checkCurrent(row, id, before, digest, raw);
  const kind = isNew ? String(type ?? '') : (before?.type ?? '');
  checkGiven(row, kind, given, isNew);
  row.check(call.node, parameters);
  const cleared = splitList(String(unset ?? ''));
  const kept = row.required.find((option) => cleared.includes(option));
  if (kept !== undefined) refuse(`unable to delete required option '${kept}'`);

  const { secret: secretRow } = row;
  const old = Object.entries(before?.options ?? {}).filter(([option]) => !cleared.includes(option));
  const now = Object.entries(given).flatMap(([option, value]): [string, readonly string[]][] =>
    option === secretRow?.option ? [] : [[option, typeof value === 'string' ? [value] : value]],
  );
  sections.set(id, { type: kind, options: withFlags(Object.fromEntries([...old, ...now])) });
  const secret = secretRow === null ? undefined : given[secretRow.option];
  const isOfSecret = isNew || secret !== undefined || cleared.includes(secretRow?.option ?? '');
  if (isOfSecret) writeSecret(row, call, kind, id, typeof secret === 'string' ? secret : undefined);
}

/** An update is refused for a file that has changed since it was read, and for an object that is not there. */
function checkCurrent(
  { failing, words }: TypedRow,
  id: string,
  before: Section | undefined,
  digest: Parameters[string] | undefined,
  raw: string,
): void {
  if (digest !== undefined && digest !== createHash('sha1').update(raw).digest('hex'))
    refuse(`${failing.update}detected modified configuration - file changed by other user? Try again.`);
  if (before === undefined) refuse(`${failing.update}${words.unset.replace('%s', id)}`);
}

/** Each value is one line, each option one of the type, and an update must repeat some. */
function checkGiven({ types, always, failing }: TypedRow, kind: string, given: Parameters, isNew: boolean): void {
  refuseLineFeeds(given);
  const strange = Object.keys(given).find((option) => types !== null && !types[kind]?.includes(option));
  if (strange !== undefined) refuse(`unexpected property '${strange}'`);
  const missing = isNew ? undefined : always.find((option) => given[option] === undefined);
  if (missing !== undefined) refuse(`${failing.update}missing value for required option '${missing}'`);
}

/** `disable` is written without a value when true, and omitted when false. */
function withFlags({ disable, ...options }: Record<string, readonly string[]>): Record<string, readonly string[]> {
  return disable === undefined || disable[0] === '0' ? options : { ...options, disable: [''] };
}

/** Stores the secret; removes it where none is given. */
function writeSecret({ secret }: TypedRow, call: Call, type: string, id: string, value: string | undefined): void {
  if (secret === null || type !== 'influxdb') return;
  const file = pathOf(call.node, secret.file(id));
  if (value === undefined) {
    if (existsSync(file)) rmSync(file);
    else warn(call, `removing influxdb credentials file '/${secret.file(id)}' failed: No such file or directory`);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, value);
}

/** pve-guest-common, PVE/Mapping/Dir.pm. */
function checkFolders(node: LabNode, { map }: Parameters): void {
  const nodes = new Set<string>();
  for (const each of Array.isArray(map) ? map : [map]) {
    const parsed = parsePropertyString('storage/map', String(each));
    if (!parsed.ok) continue;
    const { node: on = '', path = '' } = parsed.properties;
    if (nodes.has(on)) refuse(`Node '${on}' is specified 2 times.`);
    nodes.add(on);
    if (on !== node.name) continue;
    if (!existsSync(pathOf(node, path))) refuse(`Path ${path} does not exist`);
    if (!statSync(pathOf(node, path)).isDirectory()) refuse(`Path ${path} exists, but is not a directory`);
  }
}
