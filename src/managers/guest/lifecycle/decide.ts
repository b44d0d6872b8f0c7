// Decides what is done to a guest: the order of refusals, recreation, changes and life cycle, which containers and VMs share. What differs between
// them is a `GuestRules`.

import { countOf } from '../../../messages/count.ts';
import type { Decision, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import type { Notes } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { guestName, type Program } from '../proxmox/command.ts';
import { type GuestConf, isTemplateConf } from '../proxmox/conf.ts';
import { type Networks, placed } from '../proxmox/network.ts';
import { interruptedByAdoption } from './adoption.ts';
import { decideRebuild, decideUndeclared } from './destroy.ts';
import {
  addressConflict,
  brokenOff,
  impossible,
  mayDestroy,
  missingOnHost,
  notOurs,
  onOtherNode,
  type Refusal,
  unlessLocked,
  unreadableNote,
} from './gate.ts';
import { whyHalted } from './halted.ts';
import { type Changes, decideLifecycle, type Life, mustRun, snapshotRemarks } from './lifecycle.ts';
import { poolActions } from './pool.ts';
import type { RetainedVolumes } from './retained-volumes.ts';
import { leftoverMemory } from './saved-memory.ts';
import { snapshotObstacle } from './snapshot-obstacle.ts';
import { unreadableLine } from './unreadable-lines.ts';

/** The declared volumes of a guest as they were found on the host. */
interface Volumes {
  /** Why an empty volume would replace data; null: none would. */
  readonly loss: string | null;
  /** Why volumes cannot be identified, and what to do; null: they can. */
  readonly unclear: string | null;
}

export interface GuestChanges {
  readonly changes: Changes;
  /** The notes after the changes. */
  readonly notes: Notes;
}

/** What a container and a VM each decide in their own way. All functions are pure. */
export interface GuestRules<Spec extends GuestSpec & Networks, Found extends Volumes> {
  readonly program: Program;
  /** The spec with the values that a new guest gets for what is not declared. */
  readonly withDefaults: (spec: Spec) => Spec;
  readonly storages: (spec: Spec) => readonly string[];
  /** The names of the declared volumes, as in the note of volumes. */
  readonly volumeNames: (spec: Spec) => readonly string[];
  /** Why the host cannot have such a guest; null: it can. */
  readonly unsupported: (wanted: Wanted<Spec>, spec: Spec, seen: GuestObservation) => Refusal | null;
  readonly find: (wanted: Wanted<Spec>, spec: Spec, seen: GuestObservation) => Found;
  /** The note of volumes to keep when the guest is destroyed. */
  readonly retained: (wanted: Wanted<Spec>, seen: GuestObservation) => RetainedVolumes;
  readonly create: (wanted: Wanted<Spec>, spec: Spec, seen: GuestObservation, found: Found) => Decision;
  /** Why the guest has to be recreated; null where it does not. @param before what was applied last; undefined: unknown */
  readonly rebuildReason: (spec: Spec, conf: GuestConf, before: Spec | undefined) => string | null;
  /** Why the guest cannot become as declared; null where it can. */
  readonly unfitReason: (spec: Spec, conf: GuestConf, found: Found) => string | null;
  readonly changes: (
    wanted: Wanted<Spec>,
    spec: Spec,
    seen: GuestObservation,
    conf: GuestConf,
    found: Found,
  ) => GuestChanges | Refusal;
  /** Remarks on volumes that are no longer declared and still exist. */
  readonly remarks: (spec: Spec, found: Found) => readonly string[];
}

/** All checks come before any action; a refusal says why and what to do. */
export function decideGuest<Spec extends GuestSpec & Networks, Found extends Volumes>(
  rules: GuestRules<Spec, Found>,
  wanted: Wanted<Spec>,
  seen: GuestObservation,
): Decision {
  const { spec } = wanted;
  const { conf } = seen;
  if (spec === undefined) return decideUndeclared(rules.program, wanted, seen, () => rules.retained(wanted, seen));
  return conf === null ? decideNew(rules, wanted, spec, seen) : decideExisting(rules, wanted, spec, seen, conf);
}

function decideNew<Spec extends GuestSpec & Networks, Found extends Volumes>(
  rules: GuestRules<Spec, Found>,
  wanted: Wanted<Spec>,
  spec: Spec,
  seen: GuestObservation,
): Decision {
  const { program } = rules;
  const completed = rules.withDefaults(spec);
  const bridges = placed(completed, {}).map(({ net }) => net.bridge);
  const refusal =
    onOtherNode(program, spec.id, seen) ??
    addressConflict(program, wanted, seen) ??
    rules.unsupported(wanted, spec, seen) ??
    missingOnHost(seen, rules.storages(completed), bridges) ??
    unreadableNote(spec.id, seen.host);
  if (refusal !== null) return refusal;
  const found = rules.find(wanted, spec, seen);
  return lossOf(wanted, found) ?? rules.create(wanted, completed, seen, found);
}

function decideExisting<Spec extends GuestSpec & Networks, Found extends Volumes>(
  rules: GuestRules<Spec, Found>,
  wanted: Wanted<Spec>,
  spec: Spec,
  seen: GuestObservation,
  conf: GuestConf,
): Decision {
  const { program } = rules;
  const refusal =
    brokenOff(program, spec.id, conf) ??
    notOurs(wanted, conf) ??
    rules.unsupported(wanted, spec, seen) ??
    unreadableNote(spec.id, seen.host);
  if (refusal !== null) return refusal;
  const reason = rules.rebuildReason(spec, conf, wanted.before);
  if (reason !== null)
    return decideRebuild(program, wanted, seen, conf, {
      retained: rules.retained(wanted, seen),
      reason,
      names: rules.volumeNames(spec),
    });
  const found = rules.find(wanted, spec, seen);
  const loss = lossOf(wanted, found);
  if (loss !== null) return loss;
  const unfit = found.unclear ?? rules.unfitReason(spec, conf, found) ?? snapshotsOfTemplate(program, spec, conf);
  if (unfit !== null) return impossible(unfit);

  const decided = rules.changes(wanted, spec, seen, conf, found);
  if ('kind' in decided) return decided;
  const pool = poolActions(program, wanted, spec, seen);
  if ('kind' in pool) return pool;
  const life: Life = {
    program,
    spec,
    seen,
    notes: decided.notes,
    snapshots: conf.snapshots,
    isTemplate: isTemplateConf(conf),
    obstacle: snapshotObstacle(seen.host, conf),
    changes: decided.changes,
  };
  const template = life.isTemplate && spec.final !== 'template' ? undeclaredTemplate(program, spec.id) : null;
  if (template !== null && (wanted.adopt === true || mustRun(life))) return impossible(template);
  const actions = [...pool, ...decideLifecycle(life)];
  const remarks = [...(template === null ? [] : [template]), ...snapshotRemarks(life), ...rules.remarks(spec, found)];
  return (
    interruptedByAdoption(wanted, spec, seen, actions) ??
    whyHalted(program, spec, conf, seen, actions) ??
    leftoverMemory(spec.id, conf, actions, seen.running) ??
    unreadableLine(program, spec.id, conf, actions, seen.running) ??
    unlessLocked(program, spec.id, conf, actions, remarks)
  );
}

/** Why a guest cannot become a template; null where it can, or need not. (pve-container, PVE/API2/LXC.pm, and qemu-server, PVE/API2/Qemu.pm, template) */
function snapshotsOfTemplate(program: Program, { id, final }: GuestSpec, conf: GuestConf): string | null {
  if (final !== 'template' || isTemplateConf(conf) || conf.snapshots.length === 0) return null;
  const names = conf.snapshots.join(', ');
  const remove = conf.snapshots.toReversed().map((name) => `${program} delsnapshot ${id} ${name}`);
  return `${guestName(program, id)} has the snapshots ${names}, and Proxmox makes no template of such a guest; remove them with: ${remove.join(' && ')}`;
}

/**
 * What is said of a guest that a person turned into a template and that is not declared as one. It is left as it is, since others may be cloned from it;
 * it is only refused where it would be adopted, or would have to be started, which no template can be. (pve-container, PVE/API2/LXC/Status.pm, vm_start)
 */
function undeclaredTemplate(program: Program, id: number): string {
  return `${guestName(program, id)} is a template of Proxmox and is not declared as one; write "is_template": true`;
}

/** Replacing data by an empty volume needs an approval. */
function lossOf(wanted: Wanted<GuestSpec>, { loss }: Volumes): Refusal | null {
  return loss === null ? null : mayDestroy(wanted, `${wanted.target}: ${loss}`);
}

/**
 * A remark on retained volumes; none where there are none.
 *
 * @param state what the volumes are not any more: `mounted`, `attached`
 * @param volumes the names, each with its storage volume
 */
export function retainedVolumesRemark(noun: string, state: string, volumes: readonly [string, string][]): string[] {
  if (volumes.length === 0) return [];
  const names = volumes.map(([name, id]) => `${name} (${id})`).join(', ');
  return [`${countOf(volumes.length, noun)} kept, not ${state}: ${names}`];
}
