// The firewall's part of the API: rules, options, aliases, IP sets and security groups of one firewall file.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { withLock } from '../lock.ts';
import { bitsOf } from '../parameters/addresses.ts';
import type { Parameters } from '../parameters/check.ts';
import { splitList } from '../parameters/perl.ts';
import { macros, methodSchemas } from '../parameters/table.ts';
import { done, failed, type Reply, refused } from '../reply.ts';
import { type FirewallConfig, type Named, type SetEntry, setEntryProblem } from './config.ts';
import { clusterPlace, type FirewallPlace, loadFirewall, saveFirewall } from './files.ts';
import { RULE_PROPERTIES, type Rule, type RuleEnvironment, ruleProblems } from './rule.ts';

type Item = Readonly<Record<string, unknown>>;
type Request = {
  readonly method: string;
  readonly template: string;
  readonly parameters: Parameters;
  readonly config: FirewallConfig;
  readonly cluster: FirewallConfig | undefined;
};
/** A reply, and whether the configuration was changed and is to be saved. */
type Handled = { readonly reply: Reply; readonly changed?: boolean };

const changed: Handled = { reply: done, changed: true };
const answer = (data: unknown): Handled => ({ reply: { data } });
const refuse = (parameter: string, message: string): Handled => ({ reply: refused(parameter, message) });
const STALE = 'detected modified configuration - file changed by other user? Try again.';

/**
 * Answers one call below `…/firewall`.
 * @param template the API path from `/firewall` on, with its placeholders: `/rules/{pos}`
 * @returns the reply and what was warned about while reading the files
 */
export function firewallCall(
  dir: string,
  place: FirewallPlace,
  method: string,
  template: string,
  parameters: Parameters,
): { reply: Reply; warnings: readonly string[] } {
  const locked = withLock(join(dir, 'run/lock', `pve-firewall-${place.file.replaceAll('/', '_')}.lck`), 10_000, () => {
    const cluster = place.environment === 'cluster' ? undefined : loadFirewall(dir, clusterPlace, undefined);
    const own = loadFirewall(dir, place, cluster?.config);
    const { reply, changed = false } = handle(
      { method, template, parameters, config: own.config, cluster: cluster?.config },
      place.environment,
    );
    if (changed) saveFirewall(dir, place, own.config);
    return { reply, warnings: [...(cluster?.warnings ?? []), ...own.warnings] };
  });
  return locked?.result ?? { reply: failed('error with cfs lock: got lock request timeout'), warnings: [] };
}

function handle(request: Request, environment: FirewallPlace['environment']): Handled {
  const { template, config, parameters } = request;
  const group = config.groups.get(String(parameters.group ?? ''));
  const set = config.ipset.get(String(parameters.name ?? ''));
  if (template.startsWith('/rules')) return rulesCall(request, config.rules, environment);
  if (template.startsWith('/options')) return optionsCall(request, environment);
  if (template.startsWith('/aliases')) return aliasesCall(request);
  if (template === '/ipset') return namedCall(request, config.ipset, { what: 'IPSet', key: 'name' });
  if (template === '/groups') return namedCall(request, config.groups, { what: 'Security group', key: 'group' });
  if (template.startsWith('/ipset/'))
    return set === undefined ? { reply: failed(`no such IPSet '${parameters.name}'`) } : setCall(request, set.entries);
  if (template.startsWith('/groups/')) {
    return group === undefined
      ? { reply: failed(`no such security group '${parameters.group}'`) }
      : groupCall(request, group.entries);
  }
  if (template === '/refs') return answer(references(config, environment, parameters.type));
  if (template === '/macros')
    return answer(
      Object.keys(macros)
        .sort()
        .map((macro) => ({ macro, descr: macro })),
    );
  return answer([]);
}

const numeric = new Set(['enable', 'ipversion', 'pos', 'nomatch']);

/** Items with the digest of them all, by which a caller can tell whether they changed. */
function withDigest(items: readonly Item[]): { items: Record<string, unknown>[]; digest: string } {
  const hash = createHash('sha1');
  for (const item of items)
    for (const key of Object.keys(item).sort()) if (item[key] !== undefined) hash.update(`${key}:${item[key]}\n`);
  const digest = hash.digest('hex');
  return {
    digest,
    items: items.map((item) => ({
      ...Object.fromEntries(
        Object.entries(item).map(([key, value]) => [key, numeric.has(key) ? Number(value) : value]),
      ),
      digest,
    })),
  };
}

const isStale = (items: readonly Item[], { digest }: Parameters): boolean =>
  digest !== undefined && digest !== '' && withDigest(items).digest !== digest;

function rulesCall(
  { method, template, parameters, config, cluster }: Request,
  rules: Rule[],
  environment: RuleEnvironment,
): Handled {
  const listed = withDigest(rules).items.map((rule, pos) => ({ ...rule, pos }));
  const position = Number(parameters.pos ?? 0);
  const verified = (rule: Rule): Handled => {
    const [problem] = ruleProblems(rule, environment, cluster ?? config, environment === 'group' ? undefined : config);
    return problem === undefined ? changed : refuse(...problem);
  };
  if (!template.endsWith('/{pos}')) {
    if (method === 'GET') return answer(listed);
    const rule = copyInto({}, parameters);
    const handled = verified(rule);
    if (parameters.enable === undefined) rule.enable = '0';
    rules.unshift(rule);
    return handled;
  }
  if (isStale(rules, parameters)) return { reply: failed(STALE) };
  const rule = rules[position];
  if (rule === undefined) return { reply: failed(`no rule at position ${parameters.pos}`) };
  if (method === 'GET') return answer(listed[position]);
  if (method === 'DELETE') {
    rules.splice(position, 1);
    return changed;
  }
  const target = Number(parameters.moveto ?? position);
  if (target !== position) {
    rules.splice(position, 1);
    rules.splice(target > position ? target - 1 : target, 0, rule);
    return changed;
  }
  copyInto(rule, parameters);
  for (const property of splitList(String(parameters.delete ?? ''))) {
    if (!RULE_PROPERTIES.includes(property)) return refuse('delete', `no such property ('${property}')`);
    if (property === 'type' || property === 'action')
      return refuse('delete', `unable to delete required property '${property}'`);
    delete rule[property];
  }
  return verified(rule);
}

/** Takes a rule's properties from parameters; empty ones and `-` take the property away. */
function copyInto(rule: Rule, parameters: Parameters): Rule {
  for (const property of RULE_PROPERTIES) {
    const value = parameters[property];
    if (typeof value !== 'string' || property === 'pos' || property === 'digest') continue;
    if (value === '' || value === '-') delete rule[property];
    else rule[property] = value;
  }
  return rule;
}

const OPTIONS_METHOD: Record<FirewallPlace['environment'], string> = {
  cluster: 'PUT /cluster/firewall/options',
  host: 'PUT /nodes/{node}/firewall/options',
  ct: 'PUT /nodes/{node}/lxc/{vmid}/firewall/options',
  vm: 'PUT /nodes/{node}/qemu/{vmid}/firewall/options',
};

function optionsCall({ method, parameters, config }: Request, environment: FirewallPlace['environment']): Handled {
  const { options } = config;
  const present = Object.fromEntries([...options].sort(([a], [b]) => (a < b ? -1 : 1)));
  const [shown] = withDigest([present]).items;
  if (method === 'GET')
    return answer(
      Object.fromEntries(
        Object.entries(shown ?? {}).map(([key, value]) => [
          key,
          /^\d+$/.test(String(value)) && key !== 'digest' ? Number(value) : value,
        ]),
      ),
    );
  if (isStale([present], parameters)) return { reply: failed(STALE) };
  const known = methodSchemas(OPTIONS_METHOD[environment], ['node', 'vmid', 'delete', 'digest']);
  for (const option of splitList(String(parameters.delete ?? ''))) {
    if (!known?.has(option)) return refuse('delete', `no such option '${option}'`);
    options.delete(option);
  }
  for (const option of known?.keys() ?? []) {
    const value = parameters[option];
    if (typeof value === 'string') options.set(option, value);
  }
  return changed;
}

function aliasesCall({ method, template, parameters, config }: Request): Handled {
  const { aliases } = config;
  const key = String(parameters.name ?? '').toLowerCase();
  const listed = [...aliases].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, alias]) => alias);
  const written = {
    name: String(parameters.name ?? ''),
    cidr: String(parameters.cidr ?? ''),
    ...(parameters.comment && { comment: String(parameters.comment) }),
  };
  if (template === '/aliases') {
    if (method === 'GET') return answer(withDigest(listed).items);
    if (aliases.has(key)) return refuse('name', `alias '${parameters.name}' already exists`);
    aliases.set(key, written);
    return changed;
  }
  if (method === 'GET') return aliases.has(key) ? answer(aliases.get(key)) : refuse('name', 'no such alias');
  if (isStale(listed, parameters)) return { reply: failed(STALE) };
  if (method === 'DELETE') {
    aliases.delete(key);
    return changed;
  }
  if (!aliases.has(key)) return refuse('name', 'no such alias');
  const renamed = String(parameters.rename ?? parameters.name);
  if (renamed.toLowerCase() !== key && aliases.has(renamed.toLowerCase()))
    return refuse('name', `alias '${renamed}' already exists`);
  aliases.delete(key);
  aliases.set(renamed.toLowerCase(), { ...written, name: renamed });
  return changed;
}

/** The list of sets or of groups: showing it, adding to it, renaming in it. */
function namedCall<T>(
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
    if (named.has(name)) return refuse(key, `${what} '${name}' already exists`);
    named.set(name, { ...(typeof comment === 'string' && { comment }), entries: [] });
    return changed;
  }
  if (isStale(listed, parameters)) return { reply: failed(STALE) };
  const old = named.get(String(rename));
  if (old === undefined) return refuse(key, `${what} '${rename}' does not exist`);
  if (name !== rename && named.has(name)) return refuse(key, `${what} '${name}' does already exist`);
  named.delete(String(rename));
  named.set(name, { ...old, ...(typeof comment === 'string' && { comment }) });
  return changed;
}

function setCall({ method, template, parameters, config, cluster }: Request, entries: SetEntry[]): Handled {
  const listed = entries.map(({ nomatch, ...entry }) => ({ ...entry, ...(nomatch && { nomatch: 1 }) }));
  const cidr = withoutHostBits(String(parameters.cidr ?? ''));
  if (!template.endsWith('/{cidr}')) {
    if (method === 'GET') return answer(withDigest(listed).items);
    if (method === 'DELETE') {
      if (entries.length > 0 && parameters.force !== '1')
        return { reply: failed(`IPSet '${parameters.name}' is not empty`) };
      config.ipset.delete(String(parameters.name));
      return changed;
    }
    const problem = setEntryProblem(cidr, cluster, config);
    if (problem?.startsWith('no such alias')) return { reply: failed(problem) };
    if (entries.some((entry) => entry.cidr === cidr)) return refuse('cidr', `address '${cidr}' already exists`);
    if (problem !== undefined) return refuse('cidr', problem);
    entries.unshift({
      cidr,
      ...(parameters.nomatch === '1' && { nomatch: true }),
      ...(parameters.comment && { comment: String(parameters.comment) }),
    });
    return changed;
  }
  const index = entries.findIndex((entry) => entry.cidr === parameters.cidr);
  if (method === 'GET')
    return index < 0 ? refuse('cidr', 'no such IP/Network') : answer(withDigest(listed).items[index]);
  if (isStale(listed, parameters)) return { reply: failed(STALE) };
  if (method === 'DELETE') {
    if (index >= 0) entries.splice(index, 1);
    return changed;
  }
  if (index < 0) return refuse('cidr', 'no such IP/Network');
  entries[index] = {
    cidr: String(parameters.cidr),
    ...(parameters.nomatch === '1' && { nomatch: true }),
    ...(parameters.comment && { comment: String(parameters.comment) }),
  };
  return changed;
}

/** An IPv4 network without the bits behind its prefix, and a single address without its prefix. */
function withoutHostBits(cidr: string): string {
  const [, address = '', length] = /^([\d.]+)\/(\d+)$/.exec(cidr) ?? [];
  if (length === undefined) return cidr.replace(/\/128$/, '');
  const kept = bitsOf(address, 4).slice(0, Number(length)).padEnd(32, '0');
  const network = (kept.match(/.{8}/g) ?? []).map((quad) => Number.parseInt(quad, 2)).join('.');
  return length === '32' ? network : `${network}/${length}`;
}

function groupCall(request: Request, rules: Rule[]): Handled {
  if (request.template !== '/groups/{group}' || request.method !== 'DELETE') return rulesCall(request, rules, 'group');
  if (rules.length > 0) return { reply: failed(`Security group '${request.parameters.group}' is not empty`) };
  request.config.groups.delete(String(request.parameters.group));
  return changed;
}

function references(config: FirewallConfig, environment: FirewallPlace['environment'], type: unknown): Item[] {
  const scope = environment === 'cluster' ? 'dc' : 'guest';
  const aliases = [...config.aliases.values()].map(({ name, comment }) => ({
    type: 'alias',
    name,
    ref: `${scope}/${name}`,
    scope,
    ...(comment && { comment }),
  }));
  const sets = [...config.ipset].map(([name, { comment }]) => ({
    type: 'ipset',
    name,
    ref: `+${scope}/${name}`,
    scope,
    ...(comment && { comment }),
  }));
  return [...(type === 'ipset' ? [] : aliases), ...(type === 'alias' ? [] : sets)];
}
