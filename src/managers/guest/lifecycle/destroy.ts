// Destroys a guest: only one that Phoenix owns, with an approval, and not protected. All its volumes but the root disk are retained: they are noted
// and removed from its configuration first, since Proxmox frees every volume that the configuration names.

import type { Action } from '../../../model/action.ts';
import { nameOf, targetId } from '../../../model/ids.ts';
import { isCloudInit, isOfTemplate } from '../../../proxmox/storages/volumes.ts';
import type { Decision, Wanted } from '../../manager.ts';
import { textDigest } from '../digest.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { repositoryName } from '../observe/notes.ts';
import type { GuestObservation, ManagedBy } from '../observe/observation.ts';
import { confPath } from '../observe/observe.ts';
import { action, call, dropSnapshot, guestName, type Program } from '../proxmox/command.ts';
import { type GuestConf, type Settings, upcoming } from '../proxmox/conf.ts';
import { type DiskLine, diskLines, isVolume, withoutVolumes } from '../proxmox/disk-lines.ts';
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
import { endGuest } from './halted.ts';
import { noteVolumes, type RetainedVolumes, retainedVolumesPath, splitLine } from './retained-volumes.ts';
import { SAFEGUARD_SNAPSHOT } from './rollback.ts';

/** Decides about a guest that is no longer declared. `retained` is only called once the note is known to be readable. */
export function decideUndeclared(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  retained: (conf: GuestConf) => RetainedVolumes,
): Decision {
  const id = Number(nameOf(wanted.target));
  const away = onOtherNode(program, id, seen);
  if (away !== null) return away;
  if (seen.conf === null) return { kind: 'actions', actions: [], ...retainedRemark(id, seen.host.retained) };
  if (wanted.orphan === true) return orphaned(wanted, seen.conf);
  const refusal =
    brokenOff(program, id, seen.conf) ??
    notOurs(wanted, seen.conf) ??
    mayDestroy(
      wanted,
      `${wanted.target} is no longer declared, and its disk would be destroyed${lostSnapshots(wanted, seen.conf)}`,
    ) ??
    unreadableNote(id, seen.host) ??
    locked(program, id, seen.conf);
  return refusal ?? { kind: 'actions', actions: destroyGuest(program, wanted, seen, retained(seen.conf), '1') };
}

interface Rebuild {
  readonly retained: RetainedVolumes;
  /** Why it has to be recreated. */
  readonly reason: string;
  /** The names of the volumes that are declared. */
  readonly names: readonly string[];
}

/** Decides about a guest that can only become as declared by recreating it. */
export function decideRebuild(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  conf: GuestConf,
  { retained, reason, names }: Rebuild,
): Decision {
  const id = Number(nameOf(wanted.target));
  const rebuild = `${wanted.target} must be destroyed and recreated: ${reason}`;
  const ours = seen.host.managedBy.filter((one) => isDeclaredAgain(wanted, one));
  return (
    managed(
      rebuild,
      seen.host.managedBy.filter((one) => !ours.includes(one)),
    ) ??
    keptByTemplate(program, rebuild, retained, names, outlivingIn(conf, rootBusOf(wanted))) ??
    mayDestroy(wanted, `${rebuild}${lostSnapshots(wanted, conf)}`) ??
    // Backup jobs of others that name its VMID are kept, and continue with the recreated guest.
    unlessLocked(program, id, conf, [
      ...ours.map(({ name }) => removeFromHa(name)),
      ...destroyGuest(program, wanted, seen, retained, '0'),
    ])
  );
}

/**
 * Why a template is not recreated: a volume that the new guest would get back stays part of a template, so that it could neither become one again nor
 * write to that volume on every storage. One whose name is not declared any more is kept, and not used.
 */
function keptByTemplate(
  program: Program,
  rebuild: string,
  { names: noted }: RetainedVolumes,
  names: readonly string[],
  outliving: readonly DiskLine[],
): Refusal | null {
  const unused = new Set(Object.entries(noted).flatMap(([name, id]) => (names.includes(name) ? [] : [id])));
  const kept = outliving.filter(({ key, volume }) => !key.startsWith('unused') && !unused.has(volume));
  const volumes = [...new Set(kept.map(({ volume }) => volume).filter(isOfTemplate))];
  if (volumes.length === 0) return null;
  const guest = program === 'pct' ? 'a volume of another name in its place, or the container' : 'the VM';
  return impossible(
    `${rebuild}, and would get back what is part of the template for good, ${volumes.join(' and ')}; declare ${guest} under another id`,
  );
}

/**
 * Whether this HA resource is declared in the same repository, so that its own step creates it again. (Proxmox removes a replication job only some
 * time after it is deleted.)
 */
function isDeclaredAgain({ origin, declares }: Wanted<GuestSpec>, { by, name, owner }: ManagedBy): boolean {
  return by === 'HA' && owner === repositoryName(origin) && declares?.(targetId('ha', name)) === true;
}

/** HA rules that name the guest stay. */
function removeFromHa(sid: string): Action {
  return action(`take ${sid} out of HA until it is recreated`, 'destroy', {
    kind: 'command',
    program: 'pvesh',
    args: ['delete', `/cluster/ha/resources/${sid}`, '--purge', '0'],
    timeoutSeconds: 60,
  });
}

/** Proxmox refuses to destroy a guest that HA or replication names unless it also purges them, and then they would be lost. */
function managed(rebuild: string, managers: readonly ManagedBy[]): Refusal | null {
  const [first] = managers;
  if (first === undefined) return null;
  const names = managers.map(({ by, name }) => `${by} (${name})`).join(' and ');
  const remove = managers.map(({ by, name }) => (by === 'HA' ? `ha-manager remove ${name}` : `pvesr delete ${name}`));
  return impossible(
    `${rebuild}, which Proxmox does not do to a guest of ${names}; take it out by \`${remove.join('` and `')}\`, and put it back when it is recreated`,
  );
}

/** A remark on where the retained volumes are noted; none for an unreadable note, which is refused where it is needed. */
function retainedRemark(id: number, note: string | null): { readonly remarks?: readonly string[] } {
  if (note === null) return {};
  return { remarks: [`volumes that outlive it are kept and noted in ${retainedVolumesPath(id)} on the node`] };
}

/**
 * @param retained the names of its volumes
 * @param purge whether jobs, HA and replication entries with its VMID are removed too
 */
function destroyGuest(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  retained: RetainedVolumes,
  purge: '0' | '1',
): Action[] {
  const { conf } = seen;
  if (conf === null) return [];
  const id = Number(nameOf(wanted.target));
  const stop = seen.running ? [{ ...endGuest(program, id, seen.halted), impact: 'destroy' as const }] : [];
  const args = ['--purge', purge, '--destroy-unreferenced-disks', '0'];
  const end = action(`destroy ${guestName(program, id)}`, 'destroy', call(program, 'destroy', id, args));
  return [...stop, ...detachVolumes(program, id, wanted, conf, { noted: seen.host.retained, retained }), end];
}

/** Notes the volumes before removing them from the configuration, so that none is lost when the run is interrupted in between. */
function detachVolumes(
  program: Program,
  id: number,
  wanted: Wanted<GuestSpec>,
  conf: GuestConf,
  { noted, retained }: { readonly noted: string | null; readonly retained: RetainedVolumes },
): Action[] {
  const outliving = outlivingIn(conf, rootBusOf(wanted));
  const note = noteVolumes(program, id, noted, { ...retained, lines: linesWith(retained.lines, outliving) });
  const volumes = new Set(outliving.map(({ volume }) => volume).filter(isVolume));
  if (volumes.size === 0) return note;
  const text = withoutVolumes(conf.text, volumes);
  const retain = action(`keep the volumes of ${guestName(program, id)}: ${[...volumes].join(', ')}`, 'live', {
    kind: 'file',
    path: confPath(program, id),
    content: { from: 'text', text },
    mode: 0o640,
    expects: textDigest(conf.text),
  });
  return [...note, ...dropOwnSnapshots(program, id, wanted, conf), ...(text === conf.text ? [] : [retain])];
}

/** A retained volume keeps its snapshots, and one of the same name would prevent a snapshot of the guest that gets the volume next. */
function dropOwnSnapshots(program: Program, id: number, wanted: Wanted<GuestSpec>, { snapshots }: GuestConf): Action[] {
  const own = ownSnapshots(wanted);
  return snapshots
    .filter((name) => own.has(name))
    .reverse()
    .map((name) => dropSnapshot(program, id, name));
}

function ownSnapshots({ spec, before }: Wanted<GuestSpec>): ReadonlySet<string> {
  const declared = [spec, before].flatMap((one) => Object.values(one?.snapshots ?? {}));
  return new Set([...declared.filter((name) => name !== null), SAFEGUARD_SNAPSHOT]);
}

/** The snapshots that people took, which go with the guest, as the end of a sentence; empty for none. */
function lostSnapshots(wanted: Wanted<GuestSpec>, { snapshots }: GuestConf): string {
  const own = ownSnapshots(wanted);
  const lost = snapshots.filter((name) => !own.has(name));
  return lost.length === 0
    ? ''
    : `; its ${lost.length === 1 ? 'snapshot' : 'snapshots'} ${lost.join(', ')} would be lost`;
}

/**
 * Lines that do not belong to the guest's own system: all but the root disk, EFI variables, suspended memory, and what
 * cloud-init reads. The state of a TPM is retained: it holds keys that exist nowhere else.
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

/**
 * The root volume; null where it is not certain, now and after pending changes. A VM that boots from another disk than the one that Phoenix creates
 * keeps both.
 */
function rootVolumeOf(conf: GuestConf, bus: string): string | null {
  const root = rootVolumeIn(conf.settings, bus);
  return root === rootVolumeIn(upcoming(conf), bus) ? root : null;
}

/** The bus key of the root disk that was declared last. */
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

/**
 * The entries as lines of the note; an entry from a snapshot is marked as such and only informative. Earlier lines are kept for volumes that are not
 * among them.
 */
function linesWith(earlier: readonly string[], outliving: readonly DiskLine[]): string[] {
  const isOwn = ({ section }: DiskLine): boolean => section === '' || section === 'pending';
  // A pending value comes after the current one and replaces it.
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
