// The registry: one line for each kind. Adding a kind of target is a folder beside this file and its line here.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Change, Impact } from '../model/plan.ts';
import type { Target } from '../model/target.ts';
import { certificate } from './certificate/manager.ts';
import type { Config } from './config.ts';
import { objectKinds } from './datacenter/manager.ts';
import { sdn } from './datacenter/sdn/manager.ts';
import { gateway } from './gateway/manager.ts';
import { hypervisor } from './hypervisor/manager.ts';
import type { Kind } from './kind.ts';
import { lxc } from './lxc/manager.ts';
import { portainer } from './portainer/manager.ts';
import { stack } from './stack/manager.ts';
import { vm } from './vm/manager.ts';

/**
 * Erases the type parameters of a kind, whose specs and observations are only created and read by the kind
 * itself. This is the only place with an unchecked type assertion.
 */
export function registered<Spec, Observation, Inventory, Found>(kind: Kind<Spec, Observation, Inventory, Found>): Kind {
  return kind as unknown as Kind;
}

/** In the order in which their files are read: a kind may use the declarations of those before it. */
export const KINDS: readonly Kind[] = [
  registered(hypervisor),
  registered(lxc),
  registered(vm),
  registered(certificate),
  registered(gateway),
  registered(portainer),
  registered(stack),
  ...objectKinds.map(registered),
  registered(sdn),
];

/** Kinds whose targets have an owner mark on the host. */
export const marking: readonly Kind[] = KINDS.filter(({ marked }) => marked !== undefined);

/** Every target of a configuration, by id. Dependencies that nothing declares, such as a section of the host, are left out. */
export function allTargets(config: Config): ReadonlyMap<TargetId, Target> {
  const targets = KINDS.flatMap((manager) => manager.targets(config));
  const declared = new Set(targets.map(({ id }) => id));
  return new Map(
    targets.map((target) => [target.id, { ...target, needs: target.needs.filter((need) => declared.has(need)) }]),
  );
}

/** The impact of a change, according to the manager of its kind. */
export function impactOf(change: Change): Impact {
  return managerOf(kindOf(change.target)).impact(change);
}

/** Throws for an unknown kind, which is a bug: targets are only created by managers. */
export function managerOf(kind: string): Kind {
  const manager = KINDS.find((one) => one.kind === kind);
  if (manager === undefined) throw new Error(`nobody manages targets of kind ${kind}`);
  return manager;
}
