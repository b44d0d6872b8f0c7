// The program pve-firewall: compiles the files to find their errors, and shows the state of the daemon.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FirewallConfig } from '../../../../src/proxmox/firewall-file.ts';
import { printRule } from '../../../../src/proxmox/firewall-rule.ts';
import type { Answer } from '../answer.ts';
import { compileWarnings } from './compile-warnings.ts';
import { clusterPlace, guestPlace, hostPlace, loadFirewall } from './files.ts';

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
  const host = { place: hostPlace, ...loadFirewall(dir, hostPlace, cluster.config, true) };
  const ofGuests = [...guestFiles(dir, 'qemu'), ...guestFiles(dir, 'lxc')].map(({ kind, id, interfaces }) => {
    const place = guestPlace(kind, id);
    const environment = kind === 'lxc' ? ('ct' as const) : ('vm' as const);
    return { place, environment, interfaces, ...loadFirewall(dir, place, cluster.config, true) };
  });
  const others = [host, ...ofGuests];
  const warnings = [...cluster.warnings, ...others.flatMap((other) => other.warnings)];
  return { cluster, host, guests: ofGuests, others, enabled, warnings };
}

/** Prints the compiled rules, one per line. */
function compile(dir: string): Answer {
  const { cluster, host, guests, others, enabled, warnings } = readAll(dir);
  const unresolved = enabled ? compileWarnings(cluster.config, host.config, guests) : [];
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

const chain = (name: string, { rules }: FirewallConfig): string[] =>
  rules.filter(({ enable }) => enable !== '0').map((rule) => `${name}: ${printRule(rule, false)}`);

function guestFiles(dir: string, kind: 'lxc' | 'qemu') {
  const folder = join(dir, 'etc/pve', kind === 'lxc' ? 'lxc' : 'qemu-server');
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const [, id] = /^(\d+)\.conf$/.exec(file) ?? [];
      return id === undefined ? [] : [{ kind, id, interfaces: filteredInterfaces(join(folder, file)) }];
    });
}

/** The interfaces of a guest that its firewall filters, sorted. */
function filteredInterfaces(path: string): string[] {
  const [own = ''] = readFileSync(path, 'utf8').split(/^\[/m, 1);
  return [...own.matchAll(/^(net\d+):.*\bfirewall=1\b/gm)].map(([, name = '']) => name).sort();
}
