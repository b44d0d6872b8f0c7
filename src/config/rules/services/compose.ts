// What a compose file takes for granted must be there on each VM that runs it.

import type { StackUse, VmGuest } from '../../config.ts';
import type { ComposeMention, Stack } from '../../config-services.ts';
import { stackTarget } from '../../stacks.ts';
import { targetOf } from '../guests/guests.ts';
import type { Finding, RuleContext } from '../rule.ts';

/** UNSET_VARIABLE: a variable without a default has no value in the environment that the VM uses. */
export function variablesAreSet({ config }: RuleContext): Finding[] {
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

/** MISSING_VOLUME: a volume that must be there already is none of the VM's own. */
export function externalVolumesAreProvided({ config }: RuleContext): Finding[] {
  return uses(config.vm, config.stacks).flatMap(({ vm, stack }) => {
    const provided = new Set(vm.volumes.map(({ name }) => name));
    return stack.compose.externalVolumes
      .filter(({ name }) => !provided.has(name))
      .map((volume) => ({
        code: 'MISSING_VOLUME' as const,
        message: `volume "${volume.name}" is external, but ${targetOf(vm)} (${vm.name}) provides none of that name`,
        hint: `Add a volume with "name": "${volume.name}" to the VM, or remove "external: true".`,
        ...inCompose(stack, volume, vm),
      }));
  });
}

interface Use {
  readonly vm: VmGuest;
  readonly stack: Stack;
  readonly use: StackUse;
}

function uses(vms: readonly VmGuest[], stacks: ReadonlyMap<string, Stack>): Use[] {
  return vms.flatMap((vm) =>
    vm.stacks.flatMap((use) => {
      const stack = stacks.get(use.name);
      return stack === undefined ? [] : [{ vm, stack, use }];
    }),
  );
}

function inCompose(stack: Stack, { line, column, path }: ComposeMention, vm: VmGuest) {
  return {
    at: { file: stack.compose.path, path },
    position: { line, column },
    target: stackTarget(vm.id, stack.name),
  };
}
