// Checks that referenced guests, stacks and pools are declared.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { bridgesOf, misspeltBridge } from '../../bridges.ts';
import type { Config, Guest } from '../../config.ts';
import { DATACENTER_FILE } from '../../places.ts';
import type { RuleContext } from '../../rule.ts';
import { allGuests, dependencyPlace, interfacesOf, nameOfGuest, targetOf } from '../guests.ts';

/** UNKNOWN_REFERENCE: a dependency or clone source is not declared. */
export function namedGuestsExist({ config, unreadable }: RuleContext): Diagnostic[] {
  const known = (id: number) => config.guests.has(id) || unreadable.guest(id);
  return allGuests(config).flatMap((guest) => {
    const diagnostics = guest.dependencies
      .filter((id) => !known(id))
      .map((id) => ({ ...unknownGuest(guest, id, 'depends on'), at: dependencyPlace(guest, id) }));
    if (guest.cloneFrom === null || known(guest.cloneFrom)) return diagnostics;
    return [...diagnostics, { ...unknownGuest(guest, guest.cloneFrom, 'is cloned from'), at: cloneSourcePlace(guest) }];
  });
}

function unknownGuest(guest: Guest, id: number, how: string): Omit<Diagnostic, 'at'> {
  return {
    code: 'UNKNOWN_REFERENCE',
    message: `${nameOfGuest(guest)} ${how} ${id}, and there is no guest with this id`,
    hint: `Declare ${id}, or take it out here.`,
    target: targetOf(guest),
  };
}

/** Where a guest's clone source is written. */
export function cloneSourcePlace(guest: Guest) {
  return placeIn(guest.writtenAt, guest.kind === 'lxc' ? 'clone_from_ctid' : 'clone_from_vmid');
}

/** UNDECLARED_BRIDGE: a guest is on a bridge that is not declared and is called nearly as one that is. */
export function bridgesAreSpeltRight({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('network') || unreadable.file(DATACENTER_FILE)) return [];
  const vnets = (config.datacenter?.get('vnet') ?? []).map((vnet) => vnet.name);
  const known = [...bridgesOf(config.hypervisor.network), ...vnets];
  return allGuests(config).flatMap((guest) =>
    interfacesOf(guest).flatMap(({ net, at }): Diagnostic[] => {
      const { bridge } = net;
      const meant = bridge === null ? null : misspeltBridge(bridge, known);
      const vlan = bridge === null ? null : vlanOf(bridge, known);
      if (vlan === null && meant === null) return [];
      const what = vlan === null ? 'which nothing declares' : `which is a VLAN on ${vlan.on} and no bridge`;
      const message = `${nameOfGuest(guest)} is on ${bridge}, ${what}`;
      const hint = vlan === null ? `Did you mean "${meant}"?` : `Write "bridge": "${vlan.on}" and "vlan": ${vlan.tag}.`;
      return [{ code: 'UNDECLARED_BRIDGE', at: placeIn(at, 'bridge'), message, hint, target: targetOf(guest) }];
    }),
  );
}

/** A VLAN interface of a known bridge, `vmbr0.10`, to which no guest can be attached; null: it is none. */
function vlanOf(bridge: string, known: readonly string[]): { readonly on: string; readonly tag: string } | null {
  const [, on = '', tag = ''] = /^(.+)\.([1-9]\d{0,3})$/.exec(bridge) ?? [];
  return known.includes(on) && !known.includes(bridge) ? { on, tag } : null;
}

/** UNKNOWN_REFERENCE: a VM runs a stack in an environment that the stack's manifest does not have. */
export function usedEnvironmentsExist({ config, unreadable }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm) =>
    vm.stacks.flatMap((use, index): Diagnostic[] => {
      const stack = config.stacks.get(use.name);
      if (stack === undefined || Object.hasOwn(stack.environments, use.environment)) return [];
      if (unreadable.file(stack.writtenAt.file)) return [];
      const known = Object.keys(stack.environments);
      return [
        {
          code: 'UNKNOWN_REFERENCE',
          at: placeIn(vm.writtenAt, 'docker_stacks', index),
          message: `Stack "${use.name}" has no environment "${use.environment}"`,
          hint: known.length === 0 ? 'Its manifest has none at all.' : `It has ${known.join(', ')}.`,
          target: targetOf(vm),
        },
      ];
    }),
  );
}

/** UNKNOWN_REFERENCE: a dataset is in a pool that is not declared. */
export function datasetPoolsExist({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('zfs')) return [];
  const { pools, datasets } = config.hypervisor.zfs;
  const names = new Set(pools.map((pool) => pool.name));
  return datasets
    .filter((dataset) => !names.has(dataset.pool))
    .map((dataset) => ({
      code: 'UNKNOWN_REFERENCE',
      at: placeIn(dataset.writtenAt, 'pool'),
      message: `Dataset "${dataset.name}" lies on pool "${dataset.pool}", which is not declared`,
      hint: names.size === 0 ? 'Declare it in zfs.pools.' : `Declared are ${[...names].join(', ')}.`,
    }));
}

/** Ids of the guests that must be applied first: its clone source and its dependencies. */
export function needsOf(guest: Guest, config: Config): number[] {
  const ids = guest.cloneFrom === null ? guest.dependencies : [guest.cloneFrom, ...guest.dependencies];
  return ids.filter((id) => config.guests.has(id));
}
