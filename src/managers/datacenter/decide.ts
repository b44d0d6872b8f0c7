// Compares an object as declared with the object on the host, and decides the calls of Proxmox's API that remove the difference.

import type { Action } from '../../model/action.ts';
import { nameOf, type TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Options } from '../../proxmox/files/section-config.ts';
import { approvedBy } from '../approval.ts';
import type { Decision, Wanted } from '../manager.ts';
import { createCall, deleteCall, impactOfOptions, optionArgs, updateCall } from './calls.ts';
import { foreignMembers, foreignPoolReason, memberActions } from './lists/members.ts';
import {
  foreignLines,
  foreignListReason,
  ineffectiveReason,
  type PartActions,
  partActions,
} from './lists/part-actions.ts';
import type { ObjectObservation } from './observe.ts';
import { declaredOf, fixedDifferences, optionChanges } from './options/differences.ts';
import { isInherent, markOf, optionsOf } from './options/row-options.ts';
import { foreignReason } from './owner.ts';
import { kindsOf, type ObjectRow, type ReferenceSort, referencesOf } from './row.ts';
import {
  boundDifferences,
  forgetSecrets,
  pendingNotes,
  promptedSecret,
  secretActions,
  secretsInCall,
} from './secrets.ts';

export function decideObject(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation): Decision {
  return (row.asWhole?.decide ?? decideByOptions)(row, wanted, seen);
}

function decideByOptions(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation): Decision {
  const { spec } = wanted;
  const { present } = seen;
  const obstacle = obstacleOf(row, wanted, seen);
  if (obstacle !== null && spec === undefined)
    return { kind: 'actions', actions: [], remarks: [`${obstacle}: nothing is deleted`] };
  if (obstacle !== null) return { kind: 'impossible', reason: obstacle };
  if (isInherent(row)) return decideInherent(row, wanted, seen);
  if (spec === undefined) return decideRemoval(row, wanted, seen);
  const foreign = present === null ? null : foreignReason(row, wanted, present);
  if (foreign !== null && !(markOf(row) === null && isSettled(row, wanted, spec, seen))) {
    return { kind: 'blocked', reason: foreign };
  }
  const absent = missingReference(row, wanted, spec, seen);
  if (absent !== null) return { kind: 'impossible', reason: absent };
  if (present !== null && row.isBeingDeleted?.(present) === true) {
    const reason = `${row.label} ${nameOf(wanted.target)} was deleted, and Proxmox has not removed it yet; it is created again when that is done`;
    return { kind: 'impossible', reason, passing: true };
  }
  const poolReason = foreignPoolReason(row, wanted, spec, seen);
  if (poolReason !== null) return { kind: 'blocked', reason: poolReason };
  if (present === null) return decideCreation(row, wanted, spec, seen);
  const fixed = [...fixedDifferences(row, spec, present), ...boundDifferences(row, wanted, seen)];
  if (fixed.length > 0) return decideRecreation(row, wanted, spec, seen, fixed);
  return changed(row, wanted, spec, seen, present);
}

/** Changes the object to what is declared; one that is so and has no effect is no success. */
function changed(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectObservation,
  present: Options,
): Decision {
  const actions = changes(row, wanted, spec, seen, present);
  const ineffective = actions.length === 0 ? ineffectiveReason(row, wanted, spec, seen) : null;
  return ineffective === null ? { kind: 'actions', actions } : { kind: 'impossible', reason: ineffective };
}

/** Changes what is declared of an object that is there anyway, and takes back what is declared no more. */
function decideInherent(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation): Decision {
  const { target, spec } = wanted;
  const present = seen.present ?? (row.comesWith === undefined ? {} : null);
  if (present === null && spec === undefined) return { kind: 'actions', actions: [] };
  if (present === null) {
    const reason = row.comesWith?.(nameOf(target)) ?? '';
    return { kind: 'impossible', reason, passing: true };
  }
  const foreign = foreignListReason(row, wanted, present);
  if (foreign !== null) return { kind: 'blocked', reason: foreign };
  return changed(row, wanted, spec ?? {}, seen, present);
}

/** Why the object cannot be managed: it cannot exist on this host, or has a form that cannot be declared. Null where it can. */
function obstacleOf(
  row: ObjectRow,
  { target }: Wanted<JsonObject>,
  { present, text }: ObjectObservation,
): string | null {
  const label = `${row.label} ${nameOf(target)}`;
  if (text === null && row.withoutSource !== undefined) return `${label} cannot be there: ${row.withoutSource}`;
  const losing = text === null ? null : (row.losing?.(text, nameOf(target)) ?? null);
  if (losing !== null) return losing;
  const why = present === null ? null : (row.undeclarable?.(present) ?? null);
  return why === null ? null : `${label} is not as Phoenix can keep it: ${why}`;
}

/**
 * Whether an object is already exactly as declared, so that nothing is touched. Matters for kinds without an owner mark, where a foreign object looks
 * like one of Phoenix's.
 */
function isSettled(row: ObjectRow, wanted: Wanted<JsonObject>, spec: JsonObject, seen: ObjectObservation): boolean {
  const { present } = seen;
  if (present === null || fixedDifferences(row, spec, present).length > 0) return false;
  if (boundDifferences(row, wanted, seen).length > 0) return false;
  return changes(row, wanted, spec, seen, present).length === 0;
}

/** A reference to something that the host does not have and nothing declares. Proxmox would accept it silently. */
export function missingReference(
  row: ObjectRow,
  { target, declares }: Wanted<JsonObject>,
  spec: JsonObject,
  { existing, present }: ObjectObservation,
): string | null {
  const name = nameOf(target);
  for (const { sort, name: named, at } of referencesOf(row, name, spec)) {
    const known = existing[sort];
    if (known === null || known.includes(named) || isDeclared(sort, named, declares)) continue;
    if (isNamedAlready(present, at, named)) continue;
    const [option] = at;
    const where = option === undefined ? '' : ` in ${option}`;
    return `${row.label} ${name} names ${LABELS[sort] ?? sort} ${named}${where}, which is not there; make it, or take it out of ${option ?? 'the file'}`;
  }
  return null;
}

/** Whether the object of the host names it already, such as a guest that was deleted since: nothing has to change for that. */
function isNamedAlready(present: Options | null, [option]: readonly (string | number)[], named: string): boolean {
  if (present === null) return false;
  if (option === undefined) return true;
  const words = (present[option] ?? []).flatMap((text) => text.split(/[\s,;=]+/));
  return words.some((word) => word === named || word.startsWith(`${named}:`));
}

/** Display names of reference sorts, where they differ from the sort. */
const LABELS: Readonly<Record<string, string>> = { ha: 'HA resource' };

function isDeclared(sort: ReferenceSort, name: string, declares: Wanted['declares']): boolean {
  if (declares === undefined) return false;
  return kindsOf(sort).some((kind) => declares(`${kind}/${name}` as Parameters<typeof declares>[0]));
}

function decideCreation(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectObservation,
): Decision {
  const [needed] =
    Object.entries(row.secrets ?? {}).find(
      ([option, { requiredOnCreate }]) => requiredOnCreate?.(spec) === true && spec[option] === undefined,
    ) ?? [];
  if (needed === undefined) return { kind: 'actions', actions: creation(row, wanted, spec, seen) };
  const reason = `${row.label} ${nameOf(wanted.target)} cannot be made without ${needed}; declare it, by reference`;
  return { kind: 'impossible', reason };
}

function creation(row: ObjectRow, wanted: Wanted<JsonObject>, spec: JsonObject, seen: ObjectObservation): Action[] {
  const options = [...optionsOf(row)].filter(([option]) => !row.members.includes(option));
  const declared = declaredOf(row, spec, wanted);
  const args = new Map(options.map(([option, schema]) => [option, optionArgs(row, option, schema, declared[option])]));
  const name = nameOf(wanted.target);
  return [
    // First, since a note left by a former object would hide that the new one has no secret yet.
    ...pendingNotes(row, wanted, seen),
    createCall(row, name, {
      spec,
      options: args,
      prompted: promptedSecret(row, spec),
      secrets: secretsInCall(row, spec),
    }),
    ...secretActions(row, wanted, seen, true),
    ...memberActions(row, wanted, spec, seen, {}),
    ...inOrder(partActions(row, wanted, spec, seen, {})),
  ];
}

function changes(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectObservation,
  present: Options,
): Action[] {
  const name = nameOf(wanted.target);
  const { named, args } = optionChanges(row, declaredOf(row, spec, wanted), wanted.before, present);
  const { early, others: list } = partActions(row, wanted, spec, seen, present);
  // Rules of a firewall change before the options that may put them in force, and are taken back after those.
  const isListFirst = isInherent(row) && wanted.spec !== undefined;
  return [
    ...early,
    ...(isListFirst ? list : []),
    ...(named.length === 0
      ? []
      : [
          updateCall(row, name, {
            summary: `set ${named.join(', ')} of ${labelOf(row, name)}`,
            args,
            seen,
            impact: impactOfOptions(row, named, spec),
          }),
        ]),
    ...secretActions(row, wanted, seen, false),
    ...memberActions(row, wanted, spec, seen, present),
    ...(isListFirst ? [] : list),
  ];
}

function inOrder({ early, others }: PartActions): Action[] {
  return [...early, ...others];
}

function labelOf(row: ObjectRow, name: string): string {
  return row.single === undefined ? `${row.label} ${name}` : `the ${row.label}`;
}

/** Deletes and recreates the object, if it is approved: whatever depends on it is affected too. */
function decideRecreation(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectObservation,
  fixed: readonly string[],
): Decision {
  const { target, approved, protected: isProtected } = wanted;
  const name = nameOf(target);
  const dependent = dependentOf(row, name, seen);
  const held = dependent === null ? '' : `, while ${dependent},`;
  const explanation = `Proxmox never changes ${fixed.join(', ')} of ${row.label} ${name}, and making it again${held} loses ${row.lossOnDelete}`;
  if (isProtected) return { kind: 'blocked', reason: `${explanation}; it is protected` };
  if (!approved) return { kind: 'blocked', reason: `${explanation}; ${approvalHint('recreate', target)}` };
  // An object that Proxmox deletes asynchronously is created by a later run, once it is gone.
  const recreation = row.isBeingDeleted === undefined ? creation(row, wanted, spec, seen) : [];
  const actions = [deleteCall(row, name, 'recreate'), ...recreation];
  return { kind: 'actions', actions };
}

/** A sentence on what still depends on the object; null where nothing does. */
function dependentOf(
  { dependents }: ObjectRow,
  name: string,
  { dependentFiles, text }: ObjectObservation,
): string | null {
  return dependents?.findDependent(name, new Map(Object.entries(dependentFiles)), text ?? '') ?? null;
}

function decideRemoval(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation): Decision {
  const { target, before, approved } = wanted;
  const { present } = seen;
  const name = nameOf(target);
  const isGone = present === null || row.isBeingDeleted?.(present) === true || row.builtIn?.(name, present) === true;
  if (isGone) {
    return { kind: 'actions', actions: forgetSecrets(row, name, seen) };
  }
  const foreign = foreignReason(row, wanted, present);
  if (foreign !== null) return { kind: 'actions', actions: [], remarks: [`${foreign}: it stays as it is`] };
  const referencing = row.firewallsNaming?.(name, seen.firewalls) ?? [];
  if (referencing.length > 0) {
    const reason = `${row.label} ${name} is still named in ${referencing.join(', ')}, where it would mean nothing then; take it out of the rules there first`;
    return { kind: 'impossible', reason };
  }
  const foreignContent = [...foreignMembers(row, before, present), ...foreignLines(row, before, present)];
  if (foreignContent.length > 0) {
    const reason = `${row.label} ${name} still has ${foreignContent.join(', ')}, which others put there; take them out of it first`;
    return { kind: 'impossible', reason };
  }
  const dependent = dependentOf(row, name, seen);
  if (dependent !== null) {
    return {
      kind: 'impossible',
      reason: `${row.label} ${name} is no longer declared, and ${dependent}`,
      passing: true,
    };
  }
  if (!approved) {
    const reason = `${row.label} ${name} is no longer declared, and deleting it loses ${row.lossOnDelete}; ${approvalHint('destroy', target)}`;
    return { kind: 'blocked', reason };
  }
  const actions = [
    ...memberActions(row, wanted, {}, seen, present),
    ...(row.part?.deletedWithObject === true ? [] : inOrder(partActions(row, wanted, {}, seen, present))),
    deleteCall(row, name, 'destroy'),
    ...forgetSecrets(row, name, seen),
  ];
  return { kind: 'actions', actions };
}

/** @param trailer the verb in the commit trailer */
export function approvalHint(trailer: 'destroy' | 'recreate', target: TargetId): string {
  return `${approvedBy(target)}, or the commit trailer Phoenix-Approve: ${trailer} ${target}`;
}
