// Registers the objects of the datacenter: one kind of target for each row of the table.

import { kindOf, type TargetId, targetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Change, Impact } from '../../model/plan.ts';
import type { Target } from '../../model/target.ts';
import type { Config } from '../config.ts';
import type { Ignorable } from '../ignorable.ts';
import type { Kind } from '../kind.ts';
import { own } from '../sources.ts';
import { impactOfOptions } from './calls.ts';
import { decideObject } from './decide.ts';
import type { DeclaredObject } from './declared.ts';
import { type FoundObjects, importerOf } from './import/importer.ts';
import { type ObjectInventory, type ObjectObservation, observationOf, observeObjects } from './observe.ts';
import { objectDifferences } from './options/differences.ts';
import { isFixed, isInherent, markOf, optionsOf } from './options/row-options.ts';
import { declaration } from './read.ts';
import { kindsOf, type ObjectRow, type ReferenceSort, referencesOf } from './row.ts';
import { ROWS } from './rows.ts';

/** The kinds, in table order; the first one declares the file that all share. */
export const objectKinds: readonly Kind<JsonObject, ObjectObservation, ObjectInventory, FoundObjects>[] = ROWS.filter(
  ({ appliedTogether }) => appliedTogether !== true,
).map(kindOfObject);

function kindOfObject(
  row: ObjectRow,
  index: number,
): Kind<JsonObject, ObjectObservation, ObjectInventory, FoundObjects> {
  return {
    kind: row.kind,
    declares: index === 0 ? declaration : { files: [] },
    targets: ({ datacenter }: Config) => (datacenter?.get(row.kind) ?? []).map((object) => targetOf(row, object)),
    sources: {
      entry: ({ datacenter }, target) =>
        datacenter?.get(row.kind)?.find(({ name }) => targetId(row.kind, name) === target)?.writtenAt ?? null,
      // The spec has the same field names as the file: Proxmox's options.
      of: (_target, field) => [own(`/${field}`)],
    },
    impact: (change) => impactOf(row, change),
    inventory: (host) => observeObjects(row, host),
    // The inventory already holds everything that an observation reads.
    quickCheck: (inventory, { target }) => observationOf(inventory, target),
    observe: async (host, { target, spec, before }) =>
      observationOf(
        await observeObjects(
          row,
          host,
          [spec, before].filter((one) => one !== undefined),
        ),
        target,
      ),
    decide: (wanted, seen) => decideObject(row, wanted, seen),
    differences: (wanted, seen) => objectDifferences(row, wanted, seen),
    isThere: ({ spec }, seen) =>
      row.asWhole === undefined ? row.single !== undefined || seen.present !== null : row.asWhole.isThere(spec, seen),
    ...(row.asWhole === undefined ? { ignorable: ignorableOptions(row) } : {}),
    health: () => null,
    // No rollback: the previous state is in Git.
    rollback: () => null,
    ...(row.notImported === true ? {} : { imports: importerOf(row) }),
  };
}

/** Options whose drift may be ignored: all but the owner mark and the type. */
function ignorableOptions(row: ObjectRow): Ignorable<JsonObject> {
  const kept = new Set([markOf(row), row.part?.field, 'type']);
  return {
    fields: () => [...optionsOf(row).keys()].filter((option) => !kept.has(option)),
    without: (spec, fields) => Object.fromEntries(Object.entries(spec).filter(([option]) => !fields.includes(option))),
  };
}

/** The impact of a change: an option that Proxmox cannot change in place means recreating the object. */
function impactOf(row: ObjectRow, { verb, fields, before, after }: Change<JsonObject>): Impact {
  if (verb === 'delete') return isInherent(row) ? 'live' : 'destroy';
  const isRecreated = (path: string): boolean => isFixed(row, path.split('/')[1] ?? '', after ?? {});
  const recreates =
    verb === 'update' &&
    (row.isRecreated?.(before ?? {}, after ?? {}) ??
      fields.some(({ path, after: value }) => value !== undefined && isRecreated(path)));
  if (recreates) return 'recreate';
  const changed = fields.map(({ path }) => path.split('/')[1] ?? '');
  return impactOfOptions(row, changed, after ?? {});
}

function targetOf(row: ObjectRow, { name, options }: DeclaredObject): Target {
  const list = row.part === undefined ? undefined : options[row.part.field];
  const needs = [
    ...referencesOf(row, name, options).flatMap((reference) => needsOf(reference.sort, reference.name)),
    ...(row.part === undefined || list === undefined ? [] : row.part.needs(list)),
  ];
  return {
    id: targetId(row.kind, name),
    spec: options,
    // Recreating a guest destroys it first, which removes it from pools and jobs.
    within: [...new Set(needs)].filter((need) => isGuest(need)),
    needs: [...new Set(needs)],
    protected: false,
  };
}

function isGuest(id: TargetId): boolean {
  return kindOf(id) === 'lxc' || kindOf(id) === 'vm';
}

function needsOf(sort: ReferenceSort, name: string): TargetId[] {
  if (sort === 'storage') return [targetId('hypervisor', 'storage'), targetId('storage', name)];
  // Vnets are applied with the whole network.
  if (sort === 'vnet') return [targetId('sdn', 'network')];
  return kindsOf(sort).map((kind) => targetId(kind, name));
}
