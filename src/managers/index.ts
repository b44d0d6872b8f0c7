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
 * Each kind as those see it who ask it through the registry: its own types of specs and observations, which only it makes and only it
 * reads, are taken away. This is the one place where a type is said to be what it is not.
 */
export function registered<Spec, Observation, Inventory, Found>(kind: Kind<Spec, Observation, Inventory, Found>): Kind {
  return kind as unknown as Kind;
}

/** In the order in which their files are read: a kind may look at what those before it declare. */
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

/** Those whose targets carry a mark of Phoenix on the host. */
export const marking: readonly Kind[] = KINDS.filter(({ marked }) => marked !== undefined);

/** Every target of a configuration, by its id. Managers may name needs that nothing declares, such as a part of the host: they are left out. */
export function allTargets(config: Config): ReadonlyMap<TargetId, Target> {
  const targets = KINDS.flatMap((manager) => manager.targets(config));
  const declared = new Set(targets.map(({ id }) => id));
  return new Map(
    targets.map((target) => [target.id, { ...target, needs: target.needs.filter((need) => declared.has(need)) }]),
  );
}

/** What a change costs, as the manager of its kind says. */
export function impactOf(change: Change): Impact {
  return managerOf(kindOf(change.target)).impact(change);
}

/** Fails for a kind that nobody manages: targets are only ever made by managers. */
export function managerOf(kind: string): Kind {
  const manager = KINDS.find((one) => one.kind === kind);
  if (manager === undefined) throw new Error(`nobody manages targets of kind ${kind}`);
  return manager;
}
