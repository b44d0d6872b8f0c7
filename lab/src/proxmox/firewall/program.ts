// The program pve-firewall: compiles the files to find their errors, and shows the state of the daemon.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bitsOf, isIpv4 } from '../../../../src/proxmox/addresses.ts';
import type { FirewallConfig } from '../../../../src/proxmox/firewall/file.ts';
import { printRule } from '../../../../src/proxmox/firewall/rule.ts';
import { kernelLinks } from '../../host/links/links.ts';
import { addressOf } from '../../network/names.ts';
import type { Answer } from '../answer.ts';
import type { LabNode } from '../node.ts';
import { compileWarnings } from './compile-warnings.ts';
import { clusterPlace, guestPlace, hostPlace, loadFirewall } from './files.ts';

/**
 * Answers `pve-firewall compile|status|start|stop|restart|localnet`; `simulate` is left out.
 * @param dir the lab's folder
 * @param node its name
 */
export function pveFirewall(dir: string, node: string, argv: readonly string[]): Answer {
  const [verb = '', ...more] = argv;
  const known = ['start', 'restart', 'stop', 'compile', 'simulate', 'localnet', 'status'];
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
  if (name === 'simulate') return { stdout: '', stderr: `the lab leaves out 'pve-firewall simulate'\n`, rc: 255 };
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
  if (name === 'localnet') return localnet({ dir, name: node });
  return { stdout: '', stderr: '', rc: 0 };
}

/** The network of the address that the node's name has, and that of the alias where people set one. */
function localnet(node: LabNode): Answer {
  const address = addressOf(node, node.name);
  const first = `local hostname: ${node.name}\n`;
  if (address === undefined) {
    const unknown = `hostname lookup '${node.name}' failed - failed to get address info for: ${node.name}: Name or service not known\n`;
    return { stdout: first, stderr: unknown, rc: 255 };
  }
  const detected = networkWith(node, address) ?? '127.0.0.0/8';
  const alias = loadFirewall(node.dir, clusterPlace, undefined, false).config.aliases.get('local_network');
  const used =
    alias === undefined
      ? `using detected local_network: ${detected}`
      : `using user defined local_network: ${alias.cidr}`;
  return {
    stdout: `${first}local IP address: ${address}\nnetwork auto detect: ${detected}\n${used}\n`,
    stderr: '',
    rc: 0,
  };
}

/** The network of the kernel's interfaces that contains the address, as the kernel's routes spell it; undefined where none does. */
function networkWith(node: LabNode, address: string): string | undefined {
  const version = isIpv4(address) ? 4 : 6;
  const own = Object.values(kernelLinks(node)).flatMap(({ addresses }) => addresses.map((each) => each.split('/')));
  for (const [first = '', bits = ''] of own) {
    if (isIpv4(first) !== (version === 4) || bits === '') continue;
    const prefix = bitsOf(address, version).slice(0, Number(bits));
    if (bitsOf(first, version).startsWith(prefix)) return `${firstAddress(prefix, version)}/${bits}`;
  }
  return undefined;
}

/** The first address of a network out of the bits of its prefix; of IPv6 with all its digits. */
function firstAddress(prefix: string, version: 4 | 6): string {
  const words = prefix.padEnd(version === 4 ? 32 : 128, '0').match(version === 4 ? /.{8}/g : /.{16}/g) ?? [];
  const numbers = words.map((word) => Number.parseInt(word, 2));
  return version === 4 ? numbers.join('.') : numbers.map((number) => number.toString(16).padStart(4, '0')).join(':');
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
