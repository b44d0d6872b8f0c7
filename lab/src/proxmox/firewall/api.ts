// The firewall's part of the API: rules, options, aliases, IP sets and security groups of one firewall file.
import { join } from 'node:path';
import type { FirewallConfig } from '../../../../src/proxmox/firewall/file.ts';
import type { Rule } from '../../../../src/proxmox/firewall/rule.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { macros, methodSchemas } from '../../../../src/proxmox/parameters/table.ts';
import { withLock } from '../lock.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { clusterPlace, type FirewallPlace, loadFirewall, saveFirewall } from './files.ts';
import { aliasesCall, namedCall, setCall } from './names-api.ts';
import { answer, changed, checkDigest, type Handled, type Item, type Request, withDigest } from './request.ts';
import { rulesCall } from './rules-api.ts';

/**
 * Answers one call below `…/firewall`; refuses by throwing.
 *
 * @param template the API path from `/firewall` on, with its placeholders: `/rules/{pos}`
 * @param warn called for every skipped line of the files
 */
export function firewallCall(
  dir: string,
  place: FirewallPlace,
  { method, template, parameters }: Pick<Request, 'method' | 'template' | 'parameters'>,
  warn: (warning: string) => void,
): unknown {
  const lock = join(dir, 'run/lock', `pve-firewall-${place.file.replaceAll('/', '_')}.lck`);
  const locked = withLock(lock, 10_000, () => {
    const cluster = place.environment === 'cluster' ? undefined : loadFirewall(dir, clusterPlace, undefined);
    const own = loadFirewall(dir, place, cluster?.config);
    for (const warning of [...(cluster?.warnings ?? []), ...own.warnings]) warn(warning);
    const request = { method, template, parameters, config: own.config, cluster: cluster?.config };
    const { data, changed = false } = handle(request, place.environment);
    if (changed) saveFirewall(dir, place, own.config);
    return data;
  });
  return locked === undefined ? refuse(`cfs-lock 'firewall-cluster' error: got lock request timeout`) : locked.result;
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
    return set === undefined ? refuse(`no such IPSet '${parameters.name}'`) : setCall(request, set.entries);
  if (template.startsWith('/groups/')) {
    return group === undefined
      ? refuse(`no such security group '${parameters.group}'`)
      : groupCall(request, group.entries);
  }
  if (template === '/refs') return answer(references(config, environment, parameters.type, request.cluster));
  if (template === '/macros')
    return answer(
      Object.keys(macros)
        .sort()
        .map((macro) => ({ macro, descr: macro })),
    );
  return answer([]);
}

const OPTIONS_METHOD: Record<FirewallPlace['environment'], string> = {
  cluster: 'PUT /cluster/firewall/options',
  host: 'PUT /nodes/{node}/firewall/options',
  ct: 'PUT /nodes/{node}/lxc/{vmid}/firewall/options',
  vm: 'PUT /nodes/{node}/qemu/{vmid}/firewall/options',
  vnet: 'PUT /cluster/sdn/vnets/{vnet}/firewall/options',
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
  checkDigest([present], parameters);
  const known = methodSchemas(OPTIONS_METHOD[environment], ['node', 'vmid', 'vnet', 'delete', 'digest']);
  for (const option of splitList(String(parameters.delete ?? ''))) {
    if (!known?.has(option)) return refuseParameters({ delete: `no such option '${option}'` });
    options.delete(option);
  }
  for (const option of known?.keys() ?? []) {
    const value = parameters[option];
    if (typeof value === 'string') options.set(option, value);
  }
  return changed;
}

function groupCall(request: Request, rules: Rule[]): Handled {
  if (request.template !== '/groups/{group}' || request.method !== 'DELETE') return rulesCall(request, rules, 'group');
  if (rules.length > 0) return refuse(`Security group '${request.parameters.group}' is not empty`);
  request.config.groups.delete(String(request.parameters.group));
  return changed;
}

function references(
  config: FirewallConfig,
  environment: FirewallPlace['environment'],
  type: unknown,
  cluster: FirewallConfig | undefined,
): Item[] {
  const own = referencesIn(config, environment === 'cluster' ? 'dc' : 'guest', type);
  return cluster === undefined ? own : [...own, ...referencesIn(cluster, 'dc', type)];
}

function referencesIn(config: FirewallConfig, scope: 'dc' | 'guest', type: unknown): Item[] {
  const aliases = [...config.aliases.values()].map(({ name, comment }) => ({
    type: 'alias',
    name: name.toLowerCase(),
    ref: name.toLowerCase(),
    scope,
    ...(comment && { comment }),
  }));
  const sets = [...config.ipset].map(([name, { comment }]) => ({
    type: 'ipset',
    name,
    ref: `+${name}`,
    scope,
    ...(comment && { comment }),
  }));
  return [...(type === 'ipset' ? [] : aliases), ...(type === 'alias' ? [] : sets)];
}
