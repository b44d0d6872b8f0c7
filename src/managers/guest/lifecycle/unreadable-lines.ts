// Refuses what Proxmox could not carry out, or what would lose data, because of a line of the guest's file that Proxmox cannot read.

import type { Action } from '../../../model/action.ts';
import { isDevice } from '../../../proxmox/guests/file-values.ts';
import { confFolder } from '../observe/observe.ts';
import { guestName, type Program } from '../proxmox/command.ts';
import { type GuestConf, isReadAtStartOfContainer, PENDING_OF_VM, type SectionLine } from '../proxmox/conf.ts';
import { impossible, type Refusal } from './gate.ts';

/**
 * Options of a container that Proxmox can replace whatever their line is. Of interfaces and volumes, it reads the old line before it changes or deletes
 * it. (pve-container, PVE/LXC/Config.pm, vmconfig_apply_pending; PVE/LXC.pm, update_net)
 */
const REPLACEABLE = /^(features|dev\d+)$/;
/** The verbs of `pct` that lead to a start, or write the configuration of LXC, for which Proxmox reads these lines. */
const READING: readonly string[] = ['set', 'start', 'resize', 'template'];

/** Why the actions cannot be carried out as the guest's file is; null where no line that Proxmox cannot read is in the way. */
export function unreadableLine(
  program: Program,
  id: number,
  conf: GuestConf,
  actions: readonly Action[],
  running: boolean,
): Refusal | null {
  const commands = actions.flatMap(({ do: one }) =>
    one.kind === 'command' && one.program === program ? [one.args] : [],
  );
  const refusal =
    program === 'pct' ? inTheWayOfContainer(id, conf, commands, running) : lostWithChange(id, conf, commands);
  if (refusal === null) return null;
  const [{ section, key, value }, consequence] = refusal;
  const path = `${confFolder(program)}/${id}.conf`;
  const where = section === '' ? path : `the section [${section}] of ${path}`;
  return impossible(
    `Proxmox cannot read "${key}: ${value}" in ${where}, and ${consequence}; correct it in that file with an editor (each property once, with a value of its form, without blanks), then run it again`,
  );
}

/** The section of a line of the main section is empty. */
type Found = readonly [line: SectionLine, consequence: string] | null;

function inMain([key, value]: readonly [string, string]): SectionLine {
  return { section: '', key, value };
}

/**
 * A container's file keeps a line that cannot be read. A stopped container gets another value with `pct set`, but for its network interfaces and volumes; while it
 * runs, the new value only waits beside the line.
 */
function inTheWayOfContainer(
  id: number,
  { unreadable, misread, pending }: GuestConf,
  commands: readonly (readonly string[])[],
  running: boolean,
): Found {
  const words = commands.filter(([verb = '']) => READING.includes(verb)).flat();
  if (words.length === 0) return null;
  const isReplaced = (key: string): boolean =>
    REPLACEABLE.test(key) && (Object.hasOwn(pending, key) || (!running && words.includes(`--${key}`)));
  const lines = Object.entries({ ...unreadable, ...misread });
  const line = lines.find(([key]) => isReadAtStartOfContainer(key) && !isReplaced(key));
  if (line === undefined) return null;
  return [inMain(line), `${guestName('pct', id)} does not start with it`];
}

/**
 * Any change of a VM removes the lines that Proxmox cannot read: those of volumes, and those of devices that the change does not write anew.
 * (qemu-server, PVE/QemuServer.pm, parse_vm_config)
 */
function lostWithChange(id: number, conf: GuestConf, commands: readonly (readonly string[])[]): Found {
  const writing = commands.filter((command) => isWriting(command, conf));
  if (writing.length === 0) return null;
  const words = writing.flat();
  const devices = Object.entries(conf.unreadable).filter(([key]) => isDevice(key));
  const main = [...Object.entries(conf.misread), ...devices].map(inMain);
  const isReplaced = ({ section, key }: SectionLine): boolean =>
    (section === '' || section === PENDING_OF_VM) && words.includes(`--${key}`);
  const line = [...main, ...conf.misreadElsewhere].find((each) => !isReplaced(each));
  return line === undefined ? null : [line, `would drop that line with any change of ${guestName('qm', id)}`];
}

/**
 * Whether the command writes the VM's file. A start writes what waits for it, and what changed since cloud-init's last drive; a shutdown what waits.
 * (PVE/QemuServer.pm, vm_start_nolock, remove_left_over_vmstate_opts, vm_stop_cleanup)
 */
function isWriting(
  [verb = '']: readonly string[],
  { settings, pending, pendingDeletes, cloudinit }: GuestConf,
): boolean {
  const isWaiting = Object.keys(pending).length > 0 || pendingDeletes.length > 0;
  if (verb === 'shutdown') return isWaiting;
  if (verb !== 'start') return verb !== 'guest' && verb !== 'wait';
  const wasSuspended = Object.keys(settings).some((key) => /^(vmstate|running)/.test(key));
  return isWaiting || wasSuspended || Object.keys(cloudinit).length > 0;
}
