// The program pve-firewall: compiles the files to find their errors, and shows the state of the daemon.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FirewallConfig } from '../../../../src/proxmox/firewall-file.ts';
import { printRule } from '../../../../src/proxmox/firewall-rule.ts';
import type { Answer } from '../answer.ts';
import { clusterPlace, type FirewallPlace, guestPlace, hostPlace, loadFirewall } from './files.ts';

/**
 * Answers `pve-firewall compile|status|start|stop|restart|localnet`.
 * @param dir the lab's folder
 * @param node its name
 */
export function pveFirewall(dir: string, node: string, argv: readonly string[]): Answer {
  const [verb = '', ...more] = argv;
  const known = ['start', 'restart', 'stop', 'compile', 'localnet', 'status'];
  const hits = known.filter((name) => name.startsWith(verb));
  const name = known.includes(verb) ? verb : hits.length === 1 ? hits[0] : undefined;
  if (verb === '' || name === undefined) {
    const usage = known.map((each) => `       pve-firewall ${each} \n`).join('');
    const error = verb === '' ? 'no command specified' : `unknown command 'pve-firewall ${verb}'`;
    return {
      stdout: '',
      stderr: `ERROR: ${error}\nUSAGE: pve-firewall <COMMAND> [ARGS] [OPTIONS]\n\n${usage}`,
      rc: 255,
    };
  }
  const stray = more.find((word) => word !== '--');
  if (stray !== undefined) {
    const refusal = stray.startsWith('-')
      ? `Unknown option: ${stray.replace(/^--?/, '')}\n400 unable to parse option`
      : '400 too many arguments';
    return { stdout: '', stderr: `${refusal}\npve-firewall ${name} \n`, rc: 255 };
  }
  if (name === 'compile') return compile(dir);
  if (name === 'status') {
    const { enabled, warnings } = readAll(dir);
    return { stdout: `Status: ${enabled ? 'enabled' : 'disabled'}/running\n`, stderr: lines(warnings), rc: 0 };
  }
  if (name === 'localnet')
    return {
      stdout: `local hostname: ${node}\nlocal IP address: 10.0.0.13\nnetwork auto detect: 10.0.0.0/24\nusing detected local_network: 10.0.0.0/24\n`,
      stderr: '',
      rc: 0,
    };
  return { stdout: '', stderr: '', rc: 0 };
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/** Every firewall file, and the errors in them. */
function readAll(dir: string) {
  const cluster = loadFirewall(dir, clusterPlace, undefined, true);
  const enabled = Number(cluster.config.options.get('enable') ?? 0) > 0;
  const places = [hostPlace, ...guestPlaces(dir, 'qemu'), ...guestPlaces(dir, 'lxc')];
  const others = places.map((place) => ({ place, ...loadFirewall(dir, place, cluster.config, true) }));
  const warnings = [...cluster.warnings, ...others.flatMap((other) => other.warnings)];
  return { cluster, others, enabled, warnings };
}

/** Prints the compiled rules, one per line. */
function compile(dir: string): Answer {
  const { cluster, others, enabled, warnings } = readAll(dir);
  const unresolved = enabled ? unresolvedNames(cluster.config, others) : [];
  const chains = [
    ...chain('cluster', cluster.config),
    ...[...cluster.config.groups].flatMap(([name, { entries }]) =>
      entries.map((rule) => `group ${name}: ${printRule(rule, true)}`),
    ),
    ...others.flatMap(({ place, config }) => chain(place.file.replace(/^.*\//, ''), config)),
  ];
  const tail = enabled ? 'detected changes\n' : 'no changes\nfirewall disabled\n';
  return {
    stdout: `ipset cmdlist:\n\niptables cmdlist:\n${enabled ? lines(chains) : ''}\nip6tables cmdlist:\n\nebtables cmdlist:\n\niptables table raw cmdlist:\n\nip6tables table raw cmdlist:\n${tail}`,
    stderr: lines([...warnings, ...unresolved]),
    rc: 0,
  };
}

/**
 * Names that are not where their prefix says, which only the generation of a chain finds: once for each version of IP (PVE/Firewall.pm,
 * ipt_gen_src_or_dst_match). Rules of the datacenter are tried on each host.
 */
function unresolvedNames(
  cluster: FirewallConfig,
  others: readonly { readonly place: FirewallPlace; readonly config: FirewallConfig }[],
): string[] {
  return (['4', '6'] as const).flatMap((version) =>
    others.flatMap(({ place, config }) => {
      const rules = place === hostPlace ? [...config.rules, ...cluster.rules] : config.rules;
      return rules
        .filter(({ enable, ipversion = version }) => enable !== '0' && ipversion === version)
        .flatMap(({ source, dest }) => [source, dest].find((name) => isUnresolved(name, cluster, config)) ?? [])
        .map((name) => `no such ipset '${name.replace(/^\+\w+\//, '')}'`);
    }),
  );
}

function isUnresolved(name: string | undefined, cluster: FirewallConfig, own: FirewallConfig): boolean {
  const [, scope, set = ''] = /^\+(guest|dc|sdn)\/(\S+)$/.exec(name ?? '') ?? [];
  if (scope === undefined) return false;
  const isKnown = own.ipset.has(set) || cluster.ipset.has(set) || cluster.sdn?.has(set) === true;
  // One that is nowhere was reported with its line.
  if (!isKnown) return false;
  return !(scope === 'guest' ? own.ipset.has(set) : scope === 'dc' ? cluster.ipset.has(set) : cluster.sdn?.has(set));
}

const chain = (name: string, { rules }: FirewallConfig): string[] =>
  rules.filter(({ enable }) => enable !== '0').map((rule) => `${name}: ${printRule(rule, false)}`);

function guestPlaces(dir: string, kind: 'lxc' | 'qemu') {
  const folder = join(dir, 'etc/pve', kind === 'lxc' ? 'lxc' : 'qemu-server');
  return readdirSync(folder).flatMap((file) => (/^\d+\.conf$/.test(file) ? [guestPlace(kind, file.slice(0, -5))] : []));
}
