// Checks that the external resources and variables of a compose file exist on each VM that runs it.

import type { ComposeMention } from '../../../compose/contents.ts';
import { knownVariables } from '../../../compose/interpolation.ts';
import { PROFILES_VARIABLE, starts } from '../../../compose/services.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { targetOf } from '../../guest/guests.ts';
import type { RuleContext } from '../../rule.ts';
import type { StackUse, VmGuest } from '../../vm/declared.ts';
import type { Stack } from '../declared.ts';
import { sharedBy } from '../resources.ts';
import { stackTarget } from '../target.ts';

/** UNSET_VARIABLE: a variable without a default has no value in the environment that the VM uses. */
export function variablesAreSet({ config }: RuleContext): Diagnostic[] {
  return uses(config.vm, config.stacks).flatMap(({ vm, stack, use }) => {
    const environment = stack.environments[use.environment];
    if (environment === undefined) return [];
    const set = new Set(environment.variables.map(({ name }) => name));
    return stack.compose.variables
      .filter(({ name }) => !set.has(name))
      .map((variable) => ({
        code: 'UNSET_VARIABLE' as const,
        message: `\${${variable.name}} has no value on ${targetOf(vm)}`,
        hint: `Add it to "variables" of environment "${use.environment}" in ${stack.writtenAt.file}, or give it a default: \${${variable.name}:-value}.`,
        ...inCompose(stack, variable, vm),
      }));
  });
}

/** MISSING_VOLUME: an external volume is not provided by the VM, and no other stack there creates it. */
export function externalVolumesAreProvided({ config }: RuleContext): Diagnostic[] {
  return uses(config.vm, config.stacks).flatMap(({ vm, stack, use }) => {
    const provided = new Set(vm.volumes.map(({ name }) => name));
    return sharedBy(config, vm, stack, use.environment)
      .filter(({ kind, name, madeBy }) => kind === 'volume' && madeBy === null && !provided.has(name))
      .map(({ name, use: volume }) => ({
        code: 'MISSING_VOLUME' as const,
        message: `volume "${name}" is external, but ${targetOf(vm)} (${vm.name}) provides none of that name`,
        hint: `Add a volume with "name": "${name}" to the VM, or remove "external: true".`,
        ...inCompose(stack, volume, vm),
      }));
  });
}

/** MISSING_NETWORK: no stack of the VM creates an external network. */
export function externalNetworksAreMade({ config, unreadable }: RuleContext): Diagnostic[] {
  return uses(config.vm, config.stacks).flatMap(({ vm, stack, use }) => {
    // A stack that could not be read may create it.
    if (vm.stacks.some(({ name }) => !config.stacks.has(name) || unreadable.file(`stacks/${name}/docker-compose.yml`)))
      return [];
    return sharedBy(config, vm, stack, use.environment)
      .filter(({ kind, madeBy }) => kind === 'network' && madeBy === null)
      .map(({ name, use: network }) => ({
        code: 'MISSING_NETWORK' as const,
        message: `network "${name}" is external, and no stack of ${targetOf(vm)} (${vm.name}) makes it: unless somebody made it there, nothing of this stack starts`,
        hint: `Let one stack of the VM make it, with "networks: { ${name}: { name: ${name} } }"; the others then wait for that one. Or let the VM's application_script make it: docker network create ${name}.`,
        ...inCompose(stack, network, vm),
      }));
  });
}

/** NO_EFFECT: services of a profile that is not active. */
export function profilesAreAskedFor({ config }: RuleContext): Diagnostic[] {
  return uses(config.vm, config.stacks).flatMap(({ vm, stack, use }) => {
    const variables = knownVariables(stack.environments[use.environment]?.variables ?? []);
    return Object.entries(stack.compose.profiles)
      .filter(([, { names }]) => !starts(names, variables))
      .map(([service, profiles]) => ({
        code: 'NO_EFFECT' as const,
        message: `service "${service}" does not start on ${targetOf(vm)}: it belongs to ${profiles.names.map((name) => `"${name}"`).join(', ')}, which nobody asks for`,
        hint: `Give environment "${use.environment}" in ${stack.writtenAt.file} the variable ${PROFILES_VARIABLE} with the profile, or remove "profiles".`,
        ...inCompose(stack, profiles, vm),
      }));
  });
}

export interface Use {
  readonly vm: VmGuest;
  readonly stack: Stack;
  readonly use: StackUse;
}

export function uses(vms: readonly VmGuest[], stacks: ReadonlyMap<string, Stack>): Use[] {
  return vms.flatMap((vm) =>
    vm.stacks.flatMap((use) => {
      const stack = stacks.get(use.name);
      return stack === undefined ? [] : [{ vm, stack, use }];
    }),
  );
}

export function inCompose(stack: Stack, { line, column, path }: Omit<ComposeMention, 'name'>, vm: VmGuest) {
  return {
    at: { file: stack.compose.path, path },
    position: { line, column },
    target: stackTarget(vm.id, stack.name),
  };
}
