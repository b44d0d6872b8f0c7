// Converts older shapes of virtual machines.

import { Draft, isObject, type Modern, type Raw } from '../../config/draft.ts';
import type { Place } from '../../config/read/place.ts';
import type { TargetId } from '../../model/ids.ts';
import { addressIntoNetwork, listFromText, oneHealthCheck } from '../guest/legacy.ts';

/** Converts one VM to the current shape. */
export function modernVm(raw: unknown, at: Place, target: TargetId | undefined): Modern {
  if (!isObject(raw)) return { value: raw, diagnostics: [] };
  const draft = new Draft(raw, at, target);
  for (const key of ['features', 'dependencies', 'docker_stacks']) listFromText(draft, key);
  addressIntoNetwork(draft);
  stacksByName(draft);
  oneHealthCheck(draft);
  return { value: draft.value, diagnostics: draft.diagnostics };
}

function stacksByName(draft: Draft): void {
  const stacks = draft.get('docker_stacks');
  if (!Array.isArray(stacks) || !stacks.some(namesProduction)) return;
  draft.set(
    'docker_stacks',
    stacks.map((stack) => (namesProduction(stack) ? (stack as Raw).name : stack)),
  );
  draft.old('docker_stacks', 'stacks are objects that say no more than their name', 'Write the names: ["name", …].');
}

/** `{"name": …}` alone, or with the environment that is the default anyway. */
function namesProduction(stack: unknown): boolean {
  if (!isObject(stack) || typeof stack.name !== 'string') return false;
  const { name: _, environment, ...rest } = stack;
  return Object.keys(rest).length === 0 && (environment === undefined || environment === 'production');
}
