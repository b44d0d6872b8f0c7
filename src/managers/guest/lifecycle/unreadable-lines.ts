// Refuses what Proxmox could not carry out, or what would lose data, because of a line of the guest's file that Proxmox cannot read.

import type { Action } from '../../../model/action.ts';
import { isDevice } from '../../../proxmox/guests/file-values.ts';
import { confFolder } from '../observe/observe.ts';
import { guestName, type Program } from '../proxmox/command.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { impossible, type Refusal } from './gate.ts';

type Line = readonly [key: string, value: string];

/**
 * Lines of a container that Proxmox reads for the configuration of LXC, at the start and after each change. (pve-container, PVE/LXC.pm,
 * update_lxc_config)
 */
const READ_FOR_LXC = /^(features|(net|dev)\d+)$/;
/** Those of them of which Proxmox also reads the old value before it sets or deletes them. (PVE/LXC/Config.pm, vmconfig_apply_pending; PVE/LXC.pm, update_net) */
const READ_BEFORE_CHANGE = /^net\d+$/;
/** The verbs of `pct` that end with an error where one of these lines cannot be read. */
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
  const [[key, value], consequence] = refusal;
  const path = `${confFolder(program)}/${id}.conf`;
  return impossible(
    `Proxmox cannot read "${key}: ${value}" in ${path}, and ${consequence}; correct it in that file with an editor (each property once, with a value of its form, without blanks), then run it again`,
  );
}

type Found = readonly [line: Line, consequence: string] | null;

/**
 * A container's file keeps a line that cannot be read. A stopped container gets another value with `pct set`, but for its network interfaces; while it
 * runs, the new value only waits beside the line.
 */
function inTheWayOfContainer(
  id: number,
  { unreadable, pending }: GuestConf,
  commands: readonly (readonly string[])[],
  running: boolean,
): Found {
  const words = commands.filter(([verb = '']) => READING.includes(verb)).flat();
  if (words.length === 0) return null;
  const isReplaced = (key: string): boolean =>
    !READ_BEFORE_CHANGE.test(key) && (Object.hasOwn(pending, key) || (!running && words.includes(`--${key}`)));
  const line = Object.entries(unreadable).find(([key]) => READ_FOR_LXC.test(key) && !isReplaced(key));
  if (line === undefined) return null;
  return [line, `${guestName('pct', id)} does not start with it, and changes of it end with an error`];
}

/**
 * Any change of a VM removes the lines that Proxmox cannot read: those of volumes, and those of devices that the change does not write anew.
 * (qemu-server, PVE/QemuServer.pm, parse_vm_config)
 */
function lostWithChange(
  id: number,
  { losing, unreadable }: GuestConf,
  commands: readonly (readonly string[])[],
): Found {
  if (commands.length === 0) return null;
  const words = commands.flat();
  const devices = Object.entries(unreadable).filter(([key]) => isDevice(key));
  const line = [...Object.entries(losing), ...devices].find(([key]) => !words.includes(`--${key}`));
  return line === undefined ? null : [line, `would drop that line with any change of ${guestName('qm', id)}`];
}
