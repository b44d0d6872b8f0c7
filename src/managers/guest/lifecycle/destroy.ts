// The end of a guest: only when it is ours, asked for and not protected. All but its root disk outlives it: volumes are noted and
// taken out of its configuration before it is destroyed, so that Proxmox, which frees every volume named there, leaves them.

import type { Action } from '../../../model/action.ts';
import { nameOf, targetId } from '../../../model/ids.ts';
import type { Decision, Wanted } from '../../manager.ts';
import { textDigest } from '../digest.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { repositoryName } from '../observe/notes.ts';
import type { GuestObservation, ManagedBy } from '../observe/observation.ts';
import { confPath } from '../observe/observe.ts';
import { action, call, dropSnapshot, guestName, type Program, shutDown } from '../proxmox/command.ts';
import { type GuestConf, type Settings, upcoming } from '../proxmox/conf.ts';
import { type DiskLine, diskLines, isCloudInit, isVolume, withoutVolumes } from '../proxmox/disk-lines.ts';
import { parseProperties } from '../proxmox/property-string.ts';
import {
  brokenOff,
  impossible,
  locked,
  mayDestroy,
  notOurs,
  onOtherNode,
  orphaned,
  type Refusal,
  unlessLocked,
  unreadableNote,
} from './gate.ts';
import { noteVolumes, type RetainedVolumes, retainedVolumesPath, splitLine } from './retained-volumes.ts';
import { SAFEGUARD_SNAPSHOT } from './safeguard.ts';

/** For a guest that is no longer declared. `kept` is asked once the note is known to be readable. */
export function decideGone(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  kept: (conf: GuestConf) => RetainedVolumes,
): Decision {
  const id = Number(nameOf(wanted.target));
  const away = onOtherNode(program, id, seen);
  if (away !== null) return away;
  if (seen.conf === null) return { kind: 'actions', actions: [], ...keptRemark(id, seen.host.kept) };
  if (wanted.orphan === true) return orphaned(wanted, seen.conf);
  const refusal =
    brokenOff(program, id, seen.conf) ??
    notOurs(wanted, seen.conf) ??
    mayDestroy(wanted, `${wanted.target} is no longer declared, and its disk would be destroyed`) ??
    unreadableNote(id, seen.host) ??
    locked(program, id, seen.conf);
  return refusal ?? { kind: 'actions', actions: destroyGuest(program, wanted, seen, kept(seen.conf), '1') };
}

/** For a guest that cannot become what is declared. `reason` says why. */
export function decideRebuild(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  conf: GuestConf,
  { kept, reason }: { readonly kept: RetainedVolumes; readonly reason: string },
): Decision {
  const id = Number(nameOf(wanted.target));
  const rebuild = `${wanted.target} must be destroyed and recreated: ${reason}`;
  const ours = seen.host.managedBy.filter((one) => comesBack(wanted, one));
  return (
    managed(
      rebuild,
      seen.host.managedBy.filter((one) => !ours.includes(one)),
    ) ??
    mayDestroy(wanted, rebuild) ??
    // Backup jobs that others made name its number, and are to go on with the guest that gets it next.
    unlessLocked(program, id, conf, [
      ...ours.map(({ name }) => leaveHa(name)),
      ...destroyGuest(program, wanted, seen, kept, '0'),
    ])
  );
}

/** A resource of HA that the same repository declares: it is made again by its own step. A replication job goes only by and by. */
function comesBack({ origin, declares }: Wanted<GuestSpec>, { by, name, owner }: ManagedBy): boolean {
  return by === 'HA' && owner === repositoryName(origin) && declares?.(targetId('ha', name)) === true;
}

/** Rules that name it stay. */
function leaveHa(sid: string): Action {
  return action(`take ${sid} out of HA, which has it back when it is recreated`, 'destroy', {
    kind: 'command',
    program: 'pvesh',
    args: ['delete', `/cluster/ha/resources/${sid}`, '--purge', '0'],
    timeoutSeconds: 60,
  });
}

/** Without purging, Proxmox destroys no guest that one of these names; with it, they would be gone. */
function managed(rebuild: string, managers: readonly ManagedBy[]): Refusal | null {
  const [first] = managers;
  if (first === undefined) return null;
  const names = managers.map(({ by, name }) => `${by} (${name})`).join(' and ');
  const remove = managers.map(({ by, name }) => (by === 'HA' ? `ha-manager remove ${name}` : `pvesr delete ${name}`));
  return impossible(
    `${rebuild}, which Proxmox does not do to a guest of ${names}; take it out by \`${remove.join('` and `')}\`, and put it back when it is recreated`,
  );
}

/** Where what outlived it can be read; nothing of a note that cannot be read, which whoever needs it refuses. */
function keptRemark(id: number, note: string | null): { readonly remarks?: readonly string[] } {
  if (note === null) return {};
  return { remarks: [`volumes that outlive it are kept and noted in ${retainedVolumesPath(id)} on the node`] };
}

/** @param kept the names of its volumes @param purge whether what names its number goes with it: jobs, HA, replication */
function destroyGuest(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  kept: RetainedVolumes,
  purge: '0' | '1',
): Action[] {
  const { conf } = seen;
  if (conf === null) return [];
  const id = Number(nameOf(wanted.target));
  const stop = seen.running ? [{ ...shutDown(program, id), impact: 'destroy' as const }] : [];
  const args = ['--purge', purge, '--destroy-unreferenced-disks', '0'];
  const end = action(`destroy ${guestName(program, id)}`, 'destroy', call(program, 'destroy', id, args));
  return [...stop, ...detachVolumes(program, id, wanted, conf, seen.host.kept, kept), end];
}

/** Notes the volumes before it takes them out, so that none is forgotten when it is broken off in between. */
function detachVolumes(
  program: Program,
  id: number,
  wanted: Wanted<GuestSpec>,
  conf: GuestConf,
  noted: string | null,
  kept: RetainedVolumes,
): Action[] {
  const outliving = outlivingIn(conf, rootBusOf(wanted));
  const note = noteVolumes(program, id, noted, { ...kept, lines: linesWith(kept.lines, outliving) });
  const volumes = new Set(outliving.map(({ volume }) => volume).filter(isVolume));
  if (volumes.size === 0) return note;
  const text = withoutVolumes(conf.text, volumes);
  const keep = action(`keep the volumes of ${guestName(program, id)}: ${[...volumes].join(', ')}`, 'live', {
    kind: 'file',
    path: confPath(program, id),
    content: { from: 'text', text },
    mode: 0o640,
    expects: textDigest(conf.text),
  });
  return [...note, ...dropOwnSnapshots(program, id, wanted, conf), ...(text === conf.text ? [] : [keep])];
}

/** A volume keeps its snapshots, and one of the same name could not be taken of the guest that gets it next. */
function dropOwnSnapshots(
  program: Program,
  id: number,
  { spec, before }: Wanted<GuestSpec>,
  conf: GuestConf,
): Action[] {
  const own = [spec, before].flatMap((one) => Object.values(one?.snapshots ?? {}));
  const names = [...new Set([...own, SAFEGUARD_SNAPSHOT])];
  return conf.snapshots
    .filter((name) => names.includes(name))
    .reverse()
    .map((name) => dropSnapshot(program, id, name));
}

/**
 * What is not the guest's own system: everything but the root disk, what its firmware and a suspended memory left, and what
 * cloud-init reads. The state of a TPM stays: it holds keys that are nowhere else.
 */
function outlivingIn(conf: GuestConf, bus: string): DiskLine[] {
  const root = rootVolumeOf(conf, bus);
  return diskLines(conf).filter(
    ({ key, volume, isCdrom }) =>
      !/^(efidisk0|vmstate)$/.test(key) &&
      !isCdrom &&
      !isCloudInit(volume) &&
      volume !== root &&
      (isVolume(volume) || (volume.startsWith('/') && !key.startsWith('mp'))),
  );
}

/** Null where it is not certain, now and after what waits: a VM that boots from another disk than the one that Phoenix makes keeps both. */
function rootVolumeOf(conf: GuestConf, bus: string): string | null {
  const root = rootVolumeIn(conf.settings, bus);
  return root === rootVolumeIn(upcoming(conf), bus) ? root : null;
}

/** Where the root disk of a VM was declared last. */
function rootBusOf({ spec, before }: Wanted<GuestSpec>): string {
  const one = (before ?? spec) as { readonly root_disk?: { readonly bus: string | null } } | undefined;
  return one?.root_disk?.bus ?? 'scsi0';
}

function rootVolumeIn(settings: Settings, bus: string): string | null {
  if (settings['rootfs'] !== undefined) return parseProperties(settings['rootfs'], 'volume')['volume'] ?? null;
  const order = parseProperties(settings['boot'] ?? '')['order']?.split(';') ?? [settings['bootdisk'] ?? ''];
  const isDrive = (key: string): boolean => /^(scsi|virtio|sata|ide)\d+$/.test(key);
  const boots = order.find((key) => isDrive(key) && parseProperties(settings[key] ?? '')['media'] !== 'cdrom');
  const root = settings[bus];
  return root !== undefined && (boots ?? bus) === bus ? (parseProperties(root, 'file')['file'] ?? null) : null;
}

/** The entries as lines; one of a snapshot says so and is only for reading. Earlier lines stay for volumes that are not among them. */
function linesWith(earlier: readonly string[], outliving: readonly DiskLine[]): string[] {
  const isOwn = ({ section }: DiskLine): boolean => section === '' || section === 'pending';
  // What waits stands after what is in force.
  const current = [...new Map(outliving.filter(isOwn).map((line) => [line.volume, line])).values()];
  const others = outliving.filter(({ volume }) => !current.some((line) => line.volume === volume));
  const volumes = new Set(outliving.map(({ volume }) => volume));
  const stay = earlier.filter((line) => !volumes.has(splitLine(line).value.split(',')[0] ?? ''));
  const lines = [
    ...current.map(({ key, value }) => `${key}: ${value}`),
    ...others.map(({ section, key, value }) => `${key} of snapshot ${section}: ${value}`),
  ];
  return [...new Set([...stay, ...lines])];
}
