// Networks and volumes that stacks of one VM share: one stack creates them, others use them as external.

import type { Compose, ComposeUse } from '../../compose/contents.ts';
import { interpolate, type Known, knownVariables } from '../../compose/interpolation.ts';
import { projectName } from '../../compose/project.ts';
import { starts } from '../../compose/services.ts';
import type { Config } from '../config.ts';
import type { VmGuest } from '../vm/declared.ts';
import type { Stack } from './declared.ts';

type Kind = 'network' | 'volume';

/** An external resource that a stack needs on its VM. */
export interface Shared {
  readonly kind: Kind;
  readonly use: ComposeUse;
  /** Its name in Docker. */
  readonly name: string;
  /** The other stack of the VM that creates it; null: none does. */
  readonly madeBy: string | null;
}

/** Docker's default networks, which always exist. */
const BUILT_IN = new Set(['bridge', 'host', 'none']);

/** External resources of a stack in one environment, without those that no starting service uses, or whose name is unknown. */
export function sharedBy(config: Config, vm: VmGuest, stack: Stack, environment: string): Shared[] {
  const { compose } = stack;
  const variables = variablesOf(stack, environment);
  const wanted = [
    ...compose.externalNetworks.map((use) => ({ kind: 'network' as const, use })),
    ...compose.externalVolumes.map((use) => ({ kind: 'volume' as const, use })),
  ];
  return wanted.flatMap(({ kind, use }): Shared[] => {
    const name = interpolate(use.name, variables);
    if (name === null || !isUsed(compose, use.services, variables)) return [];
    if (kind === 'network' && BUILT_IN.has(name)) return [];
    const maker = vm.stacks.find((other) => other.name !== stack.name && makes(config, other, kind, name));
    return [{ kind, use, name, madeBy: maker?.name ?? null }];
  });
}

/** Stacks of a VM that must be deployed first, each once, without those that depend on this one. */
export function stacksBefore(config: Config, vm: VmGuest, name: string): string[] {
  const before = makersFor(config, vm, name);
  return before.filter((other) => !reaches(config, vm, other, name));
}

function makersFor(config: Config, vm: VmGuest, name: string): string[] {
  const [stack, use] = [config.stacks.get(name), vm.stacks.find((each) => each.name === name)];
  if (stack === undefined || use === undefined) return [];
  return [...new Set(sharedBy(config, vm, stack, use.environment).flatMap(({ madeBy }) => madeBy ?? []))];
}

function reaches(config: Config, vm: VmGuest, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...makersFor(config, vm, next));
  }
  return false;
}

function makes(config: Config, use: VmGuest['stacks'][number], kind: Kind, name: string): boolean {
  const stack = config.stacks.get(use.name);
  if (stack === undefined) return false;
  const { compose } = stack;
  const variables = variablesOf(stack, use.environment);
  return (kind === 'network' ? compose.ownNetworks : compose.ownVolumes).some(
    (own) =>
      isUsed(compose, own.services, variables) &&
      (own.name === null ? `${projectName(stack.name)}_${own.key}` : interpolate(own.name, variables)) === name,
  );
}

function isUsed({ profiles }: Compose, services: readonly string[], variables: Known): boolean {
  return services.some((service) => starts(profiles[service]?.names, variables));
}

function variablesOf(stack: Stack, environment: string): Known {
  return knownVariables(stack.environments[environment]?.variables ?? []);
}
