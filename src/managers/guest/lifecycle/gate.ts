// Checks before anything is done to a guest: does Phoenix own it, is it locked, may it be destroyed.

import { inTheWay, orphanText } from '../../../messages/orphans.ts';
import type { Action } from '../../../model/action.ts';
import { nameOf, type TargetId } from '../../../model/ids.ts';
import { approvedBy } from '../../approval.ts';
import type { Decision, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { isTagged, parseNotes, repositoryName } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { guestName, type Program } from '../proxmox/command.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { decideFirewall, firewallPath } from '../proxmox/firewall.ts';
import { normalFlag } from '../proxmox/property-string.ts';
import { parseRetained, retainedVolumesPath, UnreadableNote } from './retained-volumes.ts';

export type Refusal = Exclude<Decision, { readonly kind: 'actions' }>;

/** Why a guest must be left alone; null when Phoenix owns it or adopts it. */
export function notOurs(wanted: Wanted<GuestSpec>, conf: GuestConf): Refusal | null {
  if (wanted.adopt === true) return null;
  const notes = parseNotes(conf.description);
  const adopt = `adopt it with: phoenix adopt ${wanted.target}`;
  if (notes === null || !isTagged(conf, notes)) return blocked(`${wanted.target} is not ours; ${adopt}`);
  if (notes.target !== wanted.target)
    return blocked(`${wanted.target} is a copy of ${notes.target} and not ours; ${adopt}`);
  if (notes.repository !== repositoryName(wanted.origin))
    return blocked(`${wanted.target} is kept by the repository ${notes.repository}; ${adopt}`);
  return null;
}

/** Locks of a guest that is not complete: its file has neither notes nor tags yet, or no more. */
const INCOMPLETE: Readonly<Record<string, string>> = {
  create: 'its creation',
  clone: 'its creation as a clone',
  import: 'the import of its disks',
  restore: 'its restoration from a backup',
  destroyed: 'its removal',
};

/** An interrupted creation or removal leaves a guest that is unusable and has no owner mark. (PVE/API2/Qemu.pm, clone_vm; PVE/API2/LXC.pm, destroy_vm) */
export function brokenOff(program: Program, id: number, conf: GuestConf): Refusal | null {
  const lock = conf.settings['lock'] ?? '';
  if (!Object.hasOwn(INCOMPLETE, lock)) return null;
  return impossible(
    `${guestName(program, id)} is locked (${lock}): ${INCOMPLETE[lock]} is under way or was broken off. When no task of the node ` +
      `works on it any more, remove what is left with: ${program} unlock ${id} && ${program} destroy ${id}`,
  );
}

/** Any other lock: held by a running backup, snapshot or migration, or left by an interrupted one. It is waited for. */
export function locked(program: Program, id: number, conf: GuestConf): Refusal | null {
  const lock = conf.settings['lock'];
  if (lock === undefined) return null;
  return {
    kind: 'impossible',
    reason: `${guestName(program, id)} is locked (${lock})${unlocking(program, id, lock, conf)}`,
    passing: true,
  };
}

/** What holds a guest, and what is left to do once one that was broken off is unlocked, as the end of a sentence. */
interface Holder {
  readonly by: string;
  readonly after?: (program: Program, id: number, conf: GuestConf) => string;
}

/**
 * What takes each lock. (pve-container, PVE/LXC/Config.pm, and qemu-server, PVE/QemuServer.pm, lock; pve-guest-common, PVE/AbstractConfig.pm,
 * snapshot_create, snapshot_delete, snapshot_rollback)
 */
const HOLDERS: Readonly<Partial<Record<string, Holder>>> = {
  backup: { by: 'a backup of it' },
  disk: { by: 'a copy of its volumes' },
  fstrim: { by: 'the trimming of its volumes' },
  migrate: { by: 'its migration', after: () => ', and see on which node its volumes are' },
  rollback: {
    by: 'its rollback to a snapshot',
    after: (program, id) => `, and roll it back anew with: ${program} rollback ${id} SNAPSHOT`,
  },
  snapshot: { by: 'a snapshot of it', after: unfinishedSnapshot },
  'snapshot-delete': { by: 'the removal of a snapshot', after: unfinishedSnapshot },
  suspending: { by: 'its suspension to a disk', after: unfinishedMemory },
};

/**
 * What a person does about the memory of a suspension that was broken off, as a part of a sentence. A protected VM keeps its volumes.
 * (qemu-server, PVE/API2/Qemu.pm, update_vm_api)
 */
export function forgetting(id: number, { protection = '0' }: GuestConf['settings']): string {
  const first = normalFlag(protection) === '1' ? `qm set ${id} --protection 0 && ` : '';
  return `forget its memory with: ${first}qm set ${id} --delete vmstate`;
}

/** The name of the memory is written with the lock, and any later start would load it. (qemu-server, PVE/QemuServer/RunState.pm, vm_suspend) */
function unfinishedMemory(_program: Program, id: number, { settings }: GuestConf): string {
  return settings['vmstate'] === undefined ? '' : `, and before it is started again, ${forgetting(id, settings)}`;
}

function unfinishedSnapshot(program: Program, id: number): string {
  return `, and remove the unfinished snapshot with: ${program} delsnapshot ${id} SNAPSHOT --force`;
}

function unlocking(program: Program, id: number, lock: string, conf: GuestConf): string {
  // Proxmox takes these two away itself. Unlocked, a VM could be changed below its saved memory. (qemu-server, PVE/QemuServer.pm, vm_start)
  if (lock === 'suspended') return `; it is suspended to a disk; resume it with: ${program} start ${id}`;
  if (lock === 'mounted') return `; its volumes are mounted on the node; unmount them with: ${program} unmount ${id}`;
  const { by, after } = HOLDERS[lock] ?? { by: undefined };
  const held = by === undefined ? '' : `: ${by} is under way or was broken off`;
  return `${held}; when no task of the node works on it any more, free it with: ${program} unlock ${id}${after?.(program, id, conf) ?? ''}`;
}

/** Destroying needs both an approval and a guest that is not protected. */
export function mayDestroy(wanted: Wanted<GuestSpec>, what: string): Refusal | null {
  if (wanted.protected)
    return blocked(`${wanted.target} is protected; remove "protected" from it in a commit of its own first`);
  if (!wanted.approved)
    return blocked(
      `${what}; ${approvedBy(wanted.target)}, or the commit trailer Phoenix-Approve: destroy ${wanted.target}`,
    );
  return null;
}

/** The note says which volume is which: an unreadable note is never treated as an empty one. */
export function unreadableNote(id: number, { retained }: GuestObservation['host']): Refusal | null {
  try {
    parseRetained(retained);
    return null;
  } catch (error) {
    if (!(error instanceof UnreadableNote)) throw error;
    return impossible(
      `${retainedVolumesPath(id)} cannot be read (${error.message}): put it right; or remove it, and volumes are told by where they are mounted`,
    );
  }
}

/**
 * Whether Proxmox carries the actions out although the VM is locked: one that is suspended to a disk is resumed by its start, which frees it.
 * (qemu-server, PVE/QemuServer.pm, vm_start)
 */
function resumes(program: Program, conf: GuestConf, actions: readonly Action[]): boolean {
  const first = actions.find(({ do: one }) => one.kind === 'command' && one.program === program)?.do;
  return conf.settings['lock'] === 'suspended' && first?.kind === 'command' && first.args[0] === 'start';
}

/** The actions, unless there are any and the guest is locked. @param remarks remarks on a guest that is already as declared */
export function unlessLocked(
  program: Program,
  id: number,
  conf: GuestConf,
  actions: readonly Action[],
  remarks: readonly string[] = [],
): Decision {
  const isFree = actions.length === 0 || resumes(program, conf, actions);
  const refusal = isFree ? null : locked(program, id, conf);
  return refusal ?? { kind: 'actions', actions, ...(remarks.length === 0 ? {} : { remarks }) };
}

/** Why a guest cannot be created: an existing guest has its id or its address. */
export function addressConflict(program: Program, wanted: Wanted<GuestSpec>, seen: GuestObservation): Refusal | null {
  const id = Number(nameOf(wanted.target));
  if (seen.otherKind) {
    const other = guestName(program === 'pct' ? 'qm' : 'pct', id);
    return impossible(`the id ${id} is taken by ${other}; give it another id`);
  }
  const { lookalike } = seen;
  if (lookalike === null) return null;
  const { guest, address } = lookalike;
  return blocked(inTheWay(guest, address, wanted.target));
}

/** A guest with Phoenix's mark that nothing declares: a person has to say what it is for. */
export function orphaned({ target }: Wanted<GuestSpec>, conf: GuestConf): Refusal {
  const name = conf.settings['hostname'] ?? conf.settings['name'] ?? '';
  const markedAs = (parseNotes(conf.description)?.target ?? target) as TargetId;
  return blocked(orphanText({ target, name, markedAs }));
}

/** Why nothing is done to a guest that is on another node of the cluster; null where it is not. */
export function onOtherNode(program: Program, id: number, { elsewhere }: GuestObservation): Refusal | null {
  if (elsewhere === null) return null;
  const { node, here } = elsewhere;
  const guest = guestName(elsewhere.program, id);
  if (elsewhere.program !== program)
    return impossible(`the id ${id} is taken by ${guest} on node ${node}; give it another id`);
  return impossible(
    `${guest} is on node ${node}, and Phoenix keeps the guests of ${here}: migrate it back with ${program} migrate ${id} ${here} ` +
      `on ${node}; it is neither recreated here nor taken for gone`,
  );
}

/** What the host lacks that a guest needs to be created or changed; null for nothing. */
export function missingOnHost(
  seen: GuestObservation,
  storages: readonly string[],
  needed: readonly (string | null)[],
): Refusal | null {
  const { storages: present, bridges } = seen.host;
  const storage = present === null ? undefined : storages.find((id) => !(id in present));
  if (storage !== undefined) return impossible(`storage ${storage} is not on the host`);
  // Proxmox accepts a bridge that does not exist, and then every later change of the container fails after being written.
  const bridge = bridges === null ? undefined : needed.find((one) => one !== null && !bridges.includes(one));
  if (bridge !== undefined) return impossible(`bridge ${bridge} is not on the host`);
  return null;
}

/** Actions that write the guest's firewall; none where it is as declared and in force. */
export function firewallActions(
  program: Program,
  wanted: Wanted<GuestSpec>,
  { id, firewall }: Pick<GuestSpec, 'id' | 'firewall'>,
  seen: GuestObservation,
): Action[] | Refusal {
  const before = (wanted.before as Pick<GuestSpec, 'firewall'> | undefined)?.firewall;
  const decided = decideFirewall(
    { program, id },
    { declared: firewall, before, adopted: wanted.adopt === true },
    { text: seen.firewall, faults: seen.firewallFaults },
  );
  switch (decided.kind) {
    case 'same':
      return [];
    case 'write':
      return [decided.action];
    case 'skipped':
      return impossible(decided.reason);
    case 'foreign': {
      const path = firewallPath(id);
      return blocked(`${path} is not ours; remove it, or take it over with: phoenix adopt ${wanted.target}`);
    }
    default:
      return decided satisfies never;
  }
}

function blocked(reason: string): Refusal {
  return { kind: 'blocked', reason };
}

export function impossible(reason: string): Refusal {
  return { kind: 'impossible', reason };
}
