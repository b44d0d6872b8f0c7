// The API of what rules refer to by name: aliases, IP sets, and the lists of sets and groups.
import { bitsOf } from '../../../../src/proxmox/addresses.ts';
import { type Named, type SetEntry, setEntryProblem } from '../../../../src/proxmox/firewall/file.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { answer, changed, checkDigest, type Handled, type Item, type Request, withDigest } from './request.ts';

/** Shows, adds, renames, changes and removes aliases. */
export function aliasesCall({ method, template, parameters, config }: Request): Handled {
  const { aliases } = config;
  const key = String(parameters.name ?? '').toLowerCase();
  const shown = [...aliases].map(([name, alias]) => [name, { ...alias, ipversion: versionOf(alias.cidr) }] as const);
  const listed = shown.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, alias]) => alias);
  const written = {
    name: String(parameters.name ?? ''),
    cidr: String(parameters.cidr ?? ''),
    ...(parameters.comment && { comment: String(parameters.comment) }),
  };
  if (template === '/aliases') {
    if (method === 'GET') return answer(withDigest(listed).items);
    if (aliases.has(key)) return refuseParameters({ name: `alias '${parameters.name}' already exists` });
    aliases.set(key, written);
    return changed;
  }
  if (method === 'GET')
    return aliases.has(key) ? answer(new Map(shown).get(key)) : refuseParameters({ name: 'no such alias' });
  checkDigest(listed, parameters);
  if (method === 'DELETE') {
    aliases.delete(key);
    return changed;
  }
  if (!aliases.has(key)) return refuseParameters({ name: 'no such alias' });
  const renamed = String(parameters.rename ?? parameters.name);
  if (renamed.toLowerCase() !== key && aliases.has(renamed.toLowerCase()))
    return refuseParameters({ name: `alias '${renamed}' already exists` });
  aliases.delete(key);
  aliases.set(renamed.toLowerCase(), { ...written, name: renamed });
  return changed;
}

function versionOf(cidr: string): number {
  return cidr.includes(':') ? 6 : 4;
}

/** Lists sets or groups, adds or renames one. */
export function namedCall<T>(
  { method, parameters }: Request,
  named: Named<T>,
  { what, key }: { what: string; key: 'name' | 'group' },
): Handled {
  const listed = [...named]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { comment }]) => ({ [key]: name, ...(comment && { comment }) }));
  if (method === 'GET') return answer(withDigest(listed).items);
  const name = String(parameters[key] ?? '');
  const { rename, comment } = parameters;
  if (rename === undefined) {
    if (named.has(name)) return refuseParameters({ [key]: `${what} '${name}' already exists` });
    named.set(name, { ...(typeof comment === 'string' && { comment }), entries: [] });
    return changed;
  }
  checkDigest(listed, parameters);
  const old = named.get(String(rename));
  if (old === undefined) return refuseParameters({ [key]: `${what} '${rename}' does not exist` });
  if (name !== rename && named.has(name)) return refuseParameters({ [key]: `${what} '${name}' does already exist` });
  named.delete(String(rename));
  named.set(name, { ...old, ...(typeof comment === 'string' && { comment }) });
  return changed;
}

/** Shows, adds, changes and removes the entries of a set, or the set itself. */
export function setCall(request: Request, entries: SetEntry[]): Handled {
  const { method, template, parameters, config } = request;
  const listed = entries.map(({ nomatch, ...entry }) => ({ ...entry, ...(nomatch && { nomatch: 1 }) }));
  if (template.endsWith('/{cidr}')) return setEntryCall(request, entries, listed);
  if (method === 'GET') return answer(withDigest(listed).items);
  if (method === 'POST') return addSetEntry(request, entries);
  if (entries.length > 0 && parameters.force !== '1') return refuse(`IPSet '${parameters.name}' is not empty`);
  config.ipset.delete(String(parameters.name));
  return changed;
}

function addSetEntry({ parameters, config, cluster }: Request, entries: SetEntry[]): Handled {
  const cidr = withoutHostBits(String(parameters.cidr ?? ''));
  const problem = setEntryProblem(cidr, cluster, config);
  if (problem?.startsWith('no such alias')) return refuse(problem);
  if (entries.some((entry) => entry.cidr === cidr))
    return refuseParameters({ cidr: `address '${cidr}' already exists` });
  if (problem !== undefined) return refuseParameters({ cidr: problem });
  entries.unshift(entryOf(cidr, parameters));
  return changed;
}

/** Shows, changes or removes one entry. @param listed all entries as the API shows them */
function setEntryCall({ method, parameters }: Request, entries: SetEntry[], listed: readonly Item[]): Handled {
  const index = entries.findIndex((entry) => entry.cidr === parameters.cidr);
  if (method === 'GET')
    return index < 0 ? refuseParameters({ cidr: 'no such IP/Network' }) : answer(withDigest(listed).items[index]);
  checkDigest(listed, parameters);
  if (method === 'DELETE') {
    if (index >= 0) entries.splice(index, 1);
    return changed;
  }
  if (index < 0) return refuseParameters({ cidr: 'no such IP/Network' });
  entries[index] = entryOf(String(parameters.cidr), parameters);
  return changed;
}

function entryOf(cidr: string, { nomatch, comment }: Request['parameters']): SetEntry {
  return { cidr, ...(nomatch === '1' && { nomatch: true }), ...(comment && { comment: String(comment) }) };
}

/** Clears the host bits of an IPv4 network, and removes the prefix of a single address. */
function withoutHostBits(cidr: string): string {
  const [, address = '', length] = /^([\d.]+)\/(\d+)$/.exec(cidr) ?? [];
  if (length === undefined) return cidr.replace(/\/128$/, '');
  const kept = bitsOf(address, 4).slice(0, Number(length)).padEnd(32, '0');
  const network = (kept.match(/.{8}/g) ?? []).map((quad) => Number.parseInt(quad, 2)).join('.');
  return length === '32' ? network : `${network}/${length}`;
}
