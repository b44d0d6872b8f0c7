// Hides secrets in plans: only their presence is shown.

import type { Json } from '../model/json.ts';
import type { FieldChange, Plan } from '../model/plan.ts';
import { HIDDEN, hidePlainSecrets, secretArguments } from '../model/secret-shapes.ts';
import { isArray, isObject, sortedEntries } from './diff/canonical.ts';
import { keys } from './diff/pointer.ts';

/** Specs contain secrets only as references. If a literal should get into one, it is still hidden by its field's name or its shape. */
const SECRET_NAMES = /passw(or)?d|passphrase|secret|token|private_?key|api_?key/i;

/** `{"$secret": "env:NAME"}`, or a literal that was marked as a secret: always one value, at any depth. */
export function isSecret(value: Json | undefined): boolean {
  return isObject(value) && (Object.hasOwn(value, '$secret') || Object.hasOwn(value, '$plain'));
}

/** The plan with every secret value hidden, for display, logs and other programs. */
export function hideSecrets(plan: Plan): Plan {
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, changes: step.changes.map(hideInChange) })) };
}

/** One change with every secret value hidden. */
export function hideInChange<Of extends FieldChange>(change: Of): Of {
  const { path, before, after } = change;
  const name = keys(path).at(-1) ?? '';
  return {
    ...change,
    before: before === undefined ? undefined : hide(name, before),
    after: after === undefined ? undefined : hide(name, after),
  };
}

function hide(name: string, value: Json): Json {
  if (isSecret(value)) return HIDDEN;
  if (typeof value === 'string') return SECRET_NAMES.test(name) && value !== '' ? HIDDEN : hidePlainSecrets(value);
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) {
    const secret = secretArguments(value);
    return value.map((item, index) => (secret.has(index) ? HIDDEN : hide(name, item)));
  }
  return Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, hide(key, item)]));
}
