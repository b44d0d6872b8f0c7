// Real containers with Debian's lxc, from the configuration that pct wrote. They run as root like the lab itself: `unprivileged` has no effect.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Duplex } from 'node:stream';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { hostsOf } from '../network/names.ts';
import { configPath, guestIds, type LabNode, pathOf, running } from '../proxmox/node.ts';
import type { Outcome } from '../tree/tree.ts';
import { call, SYSTEM_PATH, succeeds } from './machine.ts';
import { closeNetwork, joinBridge, labName, openNetwork } from './network.ts';
import { treePath } from './rootfs.ts';

const START_SECONDS = 30;
const SHUTDOWN_SECONDS = 20;
const env = { PATH: SYSTEM_PATH };

/** Short, since socket paths are limited. */
const folderOf = (node: LabNode): string => `/run/${labName(node)}`;
const named = (node: LabNode, id: number): string[] => ['-P', folderOf(node), '-n', String(id)];

/** The outer end of a container's veth pair. Interface names are limited to 15 characters. */
const linkOf = (node: LabNode, id: number): string => `${labName(node).slice(3)}v${id}`;

/** Like Proxmox: writes host name and resolver of the container, then starts its init. */
export function start(node: LabNode, id: number): void {
  const conf = readConf(node, id);
  const net = properties(conf.get('net0') ?? '');
  const bridge = net.get('bridge') ?? 'vmbr0';
  const length = net.get('ip')?.split('/')[1] ?? '24';
  const gateway = net.get('gw');
  openNetwork(node, bridge, gateway === undefined ? null : `${gateway}/${length}`);
  writeNames(node, id, conf.get('hostname') ?? `CT${id}`);
  const folder = join(folderOf(node), String(id));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config'), settings(node, id, conf, net));
  call('lxc-start', ...named(node, id), '-d');
  call('lxc-wait', ...named(node, id), '-s', 'RUNNING', '-t', String(START_SECONDS));
  // lxc only finds bridges in its own namespace, so the link is moved afterwards.
  joinBridge(node, linkOf(node, id), bridge);
}

export function stop(node: LabNode, id: number, gracefully: boolean): void {
  if (succeeds('lxc-info', ...named(node, id), '-s')) {
    succeeds('lxc-stop', ...named(node, id), ...(gracefully ? ['-t', String(SHUTDOWN_SECONDS)] : ['-k']));
  }
  rmSync(join(folderOf(node), String(id)), { recursive: true, force: true });
  const others = guestIds(node, 'lxc').some((each) => each !== id && running(node, each) !== undefined);
  if (others) return;
  closeNetwork(node);
  rmSync(folderOf(node), { recursive: true, force: true });
}

/** Like `pct exec`: empty environment, and the program's exit code. */
export function attach(node: LabNode, id: number, argv: readonly string[], stdin: () => Buffer): Outcome {
  const args = [
    ...named(node, id),
    '--clear-env',
    '--set-var',
    `PATH=${SYSTEM_PATH}`,
    '--set-var',
    'HOME=/root',
    '--',
    ...argv,
  ];
  const input = isatty(0) ? {} : { input: stdin() };
  const { status, stdout, stderr, error } = spawnSync('lxc-attach', args, {
    maxBuffer: 64 * 1024 * 1024,
    env,
    ...input,
  });
  return {
    rc: status ?? 255,
    stdout: stdout?.toString() ?? '',
    stderr: error === undefined ? stderr.toString() : `${error.message}\n`,
  };
}

/** A connection from the lab's network. Fails like a local one. */
export async function dial(node: LabNode, address: string, port: number): Promise<Duplex> {
  const relay = fileURLToPath(new URL('relay.ts', import.meta.url));
  const words = [`--net=/run/netns/${labName(node)}`, process.execPath, relay, address, String(port)];
  const child = spawn('nsenter', words, { stdio: ['pipe', 'pipe', 'ignore'], env });
  const [first] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [null])])) as [
    Buffer | null,
  ];
  if (first === null) {
    throw Object.assign(new Error(`connection to ${address}:${port} refused`), { code: 'ECONNREFUSED' });
  }
  if (first.length > 1) child.stdout.unshift(first.subarray(1));
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.once('close', () => child.kill());
  return stream;
}

type Conf = ReadonlyMap<string, string>;

function readConf(node: LabNode, id: number): Conf {
  const text = readFileSync(configPath(node, 'lxc', id), 'utf8');
  const current = text.slice(0, `${text}\n[`.indexOf('\n['));
  return new Map([...current.matchAll(/^(\w+): (.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
}

function properties(value: string): Conf {
  return new Map(value.split(',').map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]));
}

function settings(node: LabNode, id: number, conf: Conf, net: Conf): string {
  const [ip, gateway] = [net.get('ip'), net.get('gw')];
  const mounts = [...conf].flatMap(([name, value]) => {
    const [source = ''] = value.split(',');
    const at = properties(value).get('mp');
    if (!/^mp\d+$/.test(name) || at === undefined || !source.startsWith('/')) return [];
    return [`lxc.mount.entry = ${resolve(pathOf(node, source))} ${at.replace(/^\//, '')} none bind,create=dir 0 0`];
  });
  const lines = [
    'lxc.include = /usr/share/lxc/config/common.conf',
    `lxc.rootfs.path = dir:${resolve(treePath(node, id))}`,
    `lxc.uts.name = ${conf.get('hostname') ?? `CT${id}`}`,
    'lxc.apparmor.profile = unconfined',
    'lxc.net.0.type = veth',
    `lxc.net.0.veth.pair = ${linkOf(node, id)}`,
    'lxc.net.0.flags = up',
    `lxc.net.0.name = ${net.get('name') ?? 'eth0'}`,
    ...(net.has('hwaddr') ? [`lxc.net.0.hwaddr = ${net.get('hwaddr')}`] : []),
    ...(ip?.includes('/') ? [`lxc.net.0.ipv4.address = ${ip}`] : []),
    ...(gateway === undefined ? [] : [`lxc.net.0.ipv4.gateway = ${gateway}`]),
    ...mounts,
  ];
  return `${lines.join('\n')}\n`;
}

/** Static host names in place of the node's DNS, which the lab does not run; for others the machine's resolver. */
function writeNames(node: LabNode, id: number, hostname: string): void {
  const etc = join(treePath(node, id), 'etc');
  writeFileSync(join(etc, 'hostname'), `${hostname}\n`);
  writeFileSync(join(etc, 'hosts'), `127.0.0.1 localhost ${hostname}\n${hostsOf(node)}`);
  rmSync(join(etc, 'resolv.conf'), { force: true });
  writeFileSync(join(etc, 'resolv.conf'), readFileSync('/etc/resolv.conf', 'utf8'));
}
