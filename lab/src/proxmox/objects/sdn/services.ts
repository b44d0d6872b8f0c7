// IPAMs and DNS servers of the software-defined network, as the API changes them (pve-network, PVE/API2/Network/SDN/Ipams.pm and Dns.pm). Before it
// writes anything, Proxmox checks that the server answers. In the lab every server answers unless its name is below `.invalid`.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseSections, printSections, type Section } from '../../../../../src/proxmox/files/section-config.ts';
import { splitList } from '../../../../../src/proxmox/parameters/perl.ts';
import { DNS_TYPES, IPAM_TYPES, IPAMS_FILE, OWN_IPAM, SDN_DNS_FILE } from '../../../../../src/proxmox/sdn.ts';
import type { Call } from '../../call.ts';
import { replaceFile } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { Refusal, refuse, refuseLineFeeds } from '../../refusal.ts';
import { text } from '../../verb-parameters.ts';
import { rowAt } from '../row-at.ts';
import { withSdnLock } from './files.ts';

interface ServiceRow {
  readonly path: string;
  readonly id: string;
  readonly file: string;
  readonly types: typeof IPAM_TYPES;
  readonly secret: string;
  /** Ids that always exist, whatever the file says. */
  readonly own: readonly string[];
  /** The word for the object in refusals of a deletion. */
  readonly deleted: string;
  readonly unreachable: (type: string) => string;
}

const ROWS: readonly ServiceRow[] = [
  {
    path: '/cluster/sdn/ipams',
    id: 'ipam',
    file: IPAMS_FILE,
    types: IPAM_TYPES,
    secret: 'token',
    own: [OWN_IPAM],
    deleted: 'zone',
    unreachable: (type) => `Can't connect to ${type} api: `,
  },
  {
    path: '/cluster/sdn/dns',
    id: 'dns',
    file: SDN_DNS_FILE,
    types: DNS_TYPES,
    secret: 'key',
    own: [],
    deleted: 'dns',
    unreachable: () => 'dns api error: ',
  },
];

/** The ids of the servers of one kind that zones may name. */
export function sdnServices(node: LabNode, id: 'ipam' | 'dns'): ReadonlySet<string> {
  const row = ROWS.find((one) => one.id === id);
  return new Set(row === undefined ? [] : sectionsOf(row, node).keys());
}

/** Answers a call on them; undefined for any other call. */
export function sdnServiceCall(
  { node }: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const row = rowAt(ROWS, template);
  if (row === undefined) return undefined;
  if (method === 'GET') return { data: shown(row, node, parameters[row.id]) };
  if (method === 'POST') checkNew(row, parameters);
  const { 'lock-token': _, ...given } = parameters;
  const failing = failureOf(row, method);
  return withSdnLock(node, { failing, token: text(parameters, 'lock-token') }, () => {
    change(row, node, method, failing, given);
    return null;
  });
}

/** What Proxmox refuses of a new server before it looks at those that are there. */
function checkNew(row: ServiceRow, parameters: Parameters): void {
  const { [row.id]: _named, digest: _digest, 'lock-token': _token, type, ...options } = parameters;
  changed(row, String(type), undefined, options, []);
}

/** The verb in error messages. */
const DOING: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', DELETE: 'delete' };

function failureOf(row: ServiceRow, method: string): string {
  return `${DOING[method]} sdn ${method === 'DELETE' ? row.deleted : row.id} object failed`;
}

function change(row: ServiceRow, node: LabNode, method: string, failing: string, parameters: Parameters): void {
  const { [row.id]: named, digest, ...asked } = parameters;
  const id = String(named);
  const raw = textOf(row, node);
  const sections = sectionsOf(row, node);
  try {
    if (method === 'POST' && sections.has(id)) refuse(`sdn ${row.id} object ID '${id}' already defined`);
    if (digest !== undefined && digest !== createHash('sha1').update(raw).digest('hex'))
      refuse('detected modified configuration - file changed by other user? Try again.');
    if (method !== 'POST' && !sections.has(id)) refuse(`sdn '${id}' does not exist`);
    if (method === 'DELETE') sections.delete(id);
    else sections.set(id, connected(row, sections.get(id), asked));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(`${failing}: ${error.message}`);
  }
  const file = pathOf(node, row.file);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, printSections(sections, [row.secret, 'section', 'url'].sort()));
}

/** The changed server, which Proxmox connects to before it keeps it; names below `.invalid` do not answer. */
function connected(row: ServiceRow, before: Section | undefined, asked: Parameters): Section {
  const { type: given, delete: unset, ...options } = asked;
  const type = String(given ?? before?.type);
  const section = changed(row, type, before, options, splitList(String(unset ?? '')));
  const [url = ''] = section.options['url'] ?? [];
  if (/^https?:\/\/[^/:]+\.invalid(?:[:/]|$)/.test(url))
    refuse(`${row.unreachable(type)}Invalid response from server: 500 Can't connect to ${new URL(url).host}`);
  return section;
}

function changed(
  row: ServiceRow,
  type: string,
  before: Section | undefined,
  options: Parameters,
  cleared: readonly string[],
): Section {
  const { required, optional } = row.types[type] ?? { required: [], optional: [] };
  const must = row.types[type] === undefined ? [] : [...required, row.secret];
  const strange = Object.keys(options).find((option) => ![...must, ...optional].includes(option));
  if (strange !== undefined) refuse(`unexpected property '${strange}'`);
  refuseLineFeeds(options);
  const missing = must.find((option) => before === undefined && options[option] === undefined);
  if (missing !== undefined) refuse(`missing value for required option '${missing}'`);
  const needed = must.find((option) => cleared.includes(option));
  if (needed !== undefined) refuse(`unable to delete required option '${needed}'`);
  const unknown = cleared.find((option) => !optional.includes(option));
  if (unknown !== undefined) refuse(`no such option '${unknown}'`);
  const kept = Object.entries(before?.options ?? {}).filter(([option]) => !cleared.includes(option));
  const set = Object.entries(options).map(([option, value]) => [option, [String(value)]] as const);
  return { type, options: Object.fromEntries([...kept, ...set]) };
}

function shown(row: ServiceRow, node: LabNode, named: Parameters[string] | undefined): unknown {
  const all = [...sectionsOf(row, node)].map(
    ([id, { type, options }]): Record<string, unknown> => ({
      [row.id]: id,
      type,
      ...Object.fromEntries(Object.entries(options).map(([option, [value]]) => [option, value])),
      digest: createHash('sha1').update(textOf(row, node)).digest('hex'),
    }),
  );
  if (named === undefined) return all;
  return all.find((one) => one[row.id] === named) ?? refuse(`sdn '${named}' does not exist`);
}

function sectionsOf(row: ServiceRow, node: LabNode): Map<string, Section> {
  const sections = parseSections(textOf(row, node));
  for (const id of row.own) if (!sections.has(id)) sections.set(id, { type: id, options: {} });
  return sections;
}

function textOf({ file }: ServiceRow, node: LabNode): string {
  const path = pathOf(node, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
