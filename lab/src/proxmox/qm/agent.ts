// The QEMU guest agent of a machine: whether it responds, and its responses.
import { existsSync, readFileSync } from 'node:fs';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import type { Outcome } from '../../tree/tree.ts';
import { type Call, print, warn } from '../call.ts';
import { disksOf } from '../guest/disks.ts';
import type { GuestFile, Options } from '../guest/file.ts';
import { load } from '../guest/guest.ts';
import { runInside } from '../guest/inside.ts';
import { replaceFile } from '../lock.ts';
import { labSettings, pathOf, running, setRunning } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { splitVolumeId } from '../storage/storage.ts';
import { volumeAt } from '../storage/volumes.ts';
import { guestId, text } from '../verb-parameters.ts';
import { networkOf } from './pending.ts';

/** Refuses unless the agent is enabled, the machine runs, and the agent responds. */
function available(call: Call, id: number): GuestFile {
  const file = load(call, 'qemu', id);
  const { agent } = file.options;
  if (agent === undefined) refuse('No QEMU guest agent configured');
  if (running(call.node, id) === undefined) refuse(`VM ${id} is not running`);
  if (!(labSettings(call.node).agent?.[id] ?? hasSystem(call, file))) refuse('QEMU guest agent is not running');
  return file;
}

/** Whether the machine has an operating system: an image was imported into one of its disks, and the agent is enabled. */
function hasSystem(call: Call, file: GuestFile): boolean {
  const agent = parsePropertyString('qemu/agent', file.options['agent'] ?? '0');
  const hasImage = disksOf('qemu', file.options).some(
    (disk) => splitVolumeId(disk.volume) !== undefined && volumeAt(call.node, disk.volume)?.image === true,
  );
  return hasImage && agent.ok && agent.properties['enabled'] === '1';
}

/** Prints JSON like Proxmox's programs. */
function printJson(call: Call, value: unknown): void {
  print(call, JSON.stringify(value, null, 3).replaceAll(/^(\s*"(?:[^"\\]|\\.)*"):/gm, '$1 :'));
}

/** `qm guest cmd`; commands without a simulated response succeed silently. */
export function agentCommand(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const command = text(parameters, 'command') ?? '';
  const reply = replies(available(call, id).options)[command];
  if (command === 'shutdown') setRunning(call.node, id, false);
  if (typeof reply === 'string') print(call, reply);
  else if (reply !== undefined) printJson(call, reply);
}

function replies(options: Readonly<Options>): Record<string, unknown> {
  const loopback = { 'hardware-address': '00:00:00:00:00:00', 'ip-addresses': [address('127.0.0.1/8')], name: 'lo' };
  return {
    'network-get-interfaces': [loopback, ...interfaces(options)],
    'get-host-name': { 'host-name': options['name'] ?? 'localhost' },
    'get-osinfo': { id: 'linux', name: 'Linux', 'pretty-name': 'Linux' },
    'fsfreeze-status': 'thawed',
  };
}

const address = (text: string): unknown => ({
  'ip-address': text.split('/')[0],
  'ip-address-type': 'ipv4',
  prefix: Number(text.split('/')[1] ?? 32),
});

/** The network devices with their addresses from cloud-init. */
function interfaces(options: Readonly<Options>): unknown[] {
  return Object.keys(options)
    .filter((name) => /^net\d+$/.test(name))
    .sort()
    .map((name) => {
      const ip = parsePropertyString('qemu/ipconfig', options[name.replace('net', 'ipconfig')] ?? '');
      const given = ip.ok ? ip.properties['ip'] : undefined;
      return {
        'hardware-address': networkOf(options[name] ?? '')['macaddr']?.toLowerCase(),
        'ip-addresses': given === undefined || given === 'dhcp' ? [] : [address(given)],
        name: name.replace('net', 'eth'),
      };
    });
}

const outcomePath = (id: number, pid: number): string => `run/lab/exec/${id}-${pid}.json`;

/** `qm guest exec`: the call succeeds whatever the command's exit code, which is in the response. */
export function agentExec(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const isSynchronous = parameters['synchronous'] !== '0';
  if (parameters['timeout'] !== undefined && !isSynchronous)
    refuseParameters({ synchronous: "needs to be set for 'timeout'" });
  load(call, 'qemu', id);
  const words = parameters['extra-args'] ?? [];
  const argv = typeof words === 'string' ? [words] : words;
  if (argv.length === 0 && parameters['pass-stdin'] !== '1') refuse('command or input-data (or both) required');
  const input = parameters['pass-stdin'] === '1' ? call.stdin() : Buffer.alloc(0);
  available(call, id);
  const outcome = runInside(call.node, id, argv, () => input);
  const { seconds = 0 } = outcome;
  const timeout = Number(parameters['timeout'] ?? 30) || Infinity;
  if (isSynchronous && seconds < timeout) {
    printJson(call, result(outcome));
    return;
  }
  const pid = 1000 + Math.floor(Math.random() * 1_000_000);
  replaceFile(
    pathOf(call.node, outcomePath(id, pid)),
    JSON.stringify({ ...outcome, end: Date.now() + seconds * 1000 }),
  );
  if (isSynchronous) warn(call, 'timeout reached, returning pid');
  printJson(call, { pid });
}

function result({ rc, stdout, stderr }: Outcome): unknown {
  return {
    ...(stderr !== '' && { 'err-data': stderr }),
    exitcode: rc,
    exited: 1,
    ...(stdout !== '' && { 'out-data': stdout }),
  };
}

/** `qm guest exec-status`; an unknown command counts as still running. */
export function agentExecStatus(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  available(call, id);
  const file = pathOf(call.node, outcomePath(id, Number(parameters['pid'])));
  // `end` is null for a command that never ends: JSON has no infinity.
  type Kept = Outcome & { readonly end: number | null };
  const outcome = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : undefined;
  const hasEnded = outcome !== undefined && outcome.end !== null && outcome.end <= Date.now();
  printJson(call, hasEnded ? result(outcome) : { exited: 0 });
}
