// The software-defined network of the datacenter: one target, since Proxmox applies fabrics, controllers, zones, vnets and subnets at once.

import { type TargetId, targetId } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Change } from '../../../model/plan.ts';
import type { Target } from '../../../model/target.ts';
import type { Config } from '../../config.ts';
import { HOST } from '../../dependencies.ts';
import type { Kind } from '../../kind.ts';
import { DATACENTER_FILE } from '../../places.ts';
import { own } from '../../sources.ts';
import type { DeclaredObject } from '../declared.ts';
import { decideSdn, isAnyThere, ROW_OF, SDN, type SdnSpec, sdnDifferences } from './decide.ts';
import { sdnImporter } from './import.ts';
import { observeSdn, type SdnState, SORTS } from './state.ts';

export const sdn: Kind<SdnSpec, SdnState, SdnState, SdnState> = {
  kind: 'sdn',
  // Its rows are read with the datacenter's file.
  declares: { files: [] },
  targets: ({ datacenter }: Config): Target[] => {
    const fields = SORTS.map((sort) => {
      const { field, kind } = ROW_OF[sort];
      return [
        field,
        Object.fromEntries((datacenter?.get(kind) ?? []).map(({ name, options }) => [name, options])),
      ] as const;
    });
    if (fields.every(([, objects]) => Object.keys(objects).length === 0)) return [];
    const needs = [HOST.network, ...servicesOf(datacenter?.get('zone') ?? [])];
    return [{ id: SDN, spec: Object.fromEntries(fields), needs, protected: false }];
  },
  sources: {
    entry: ({ datacenter }) =>
      SORTS.some((sort) => (datacenter?.get(ROW_OF[sort].kind) ?? []).length > 0)
        ? { file: DATACENTER_FILE, path: '' }
        : null,
    of: (_target, field) => [own(`/${field}`)],
  },
  // A spec without fabrics and controllers stays equal to those recorded before there were any.
  recorded: ({ sdn_fabrics, sdn_fabric_nodes, sdn_controllers, ...spec }) => ({
    ...spec,
    ...declaredOf({ sdn_fabrics, sdn_fabric_nodes, sdn_controllers }),
  }),
  impact: (change) => (removesObject(change) ? 'destroy' : 'live'),
  inventory: observeSdn,
  // The inventory already holds everything that an observation reads.
  quickCheck: (inventory) => inventory,
  observe: observeSdn,
  decide: decideSdn,
  differences: sdnDifferences,
  isThere: ({ spec }, seen) => isAnyThere(spec, seen),
  health: () => null,
  // No rollback: the previous state is in Git.
  rollback: () => null,
  imports: sdnImporter,
};

function declaredOf(fields: Readonly<Record<string, Readonly<Record<string, JsonObject>> | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, objects]) =>
      objects === undefined || Object.keys(objects).length === 0 ? [] : [[field, objects] as const],
    ),
  );
}

/** IPAMs and DNS servers that zones name. */
function servicesOf(zones: readonly DeclaredObject[]): TargetId[] {
  const named = (option: string, kind: string): TargetId[] =>
    zones.flatMap(({ options }) => (options[option] === undefined ? [] : [targetId(kind, String(options[option]))]));
  return [...new Set([...named('ipam', 'ipam'), ...named('dns', 'sdndns')])];
}

function removesObject({ before, after }: Change<SdnSpec>): boolean {
  if (before === undefined) return false;
  const names = (spec: JsonObject | undefined, field: string): string[] =>
    Object.keys((spec?.[field] ?? {}) as JsonObject);
  return SORTS.some((sort) => {
    const { field } = ROW_OF[sort];
    return names(before, field).some((name) => !names(after, field).includes(name));
  });
}
