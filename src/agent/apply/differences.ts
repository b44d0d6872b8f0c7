// The differences found by an observation, as recorded and shown: fields of the target, and whether it runs. Limited in size, and without secrets.

import type { Manager, Wanted } from '../../managers/manager.ts';
import type { Json } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import { hideInChange } from '../../plan/secret.ts';

/** Maximum number of differences that are recorded; a target's page says when there are more. */
const MAX_FIELDS = 40;
/** Maximum length of a recorded value, in characters. */
const MAX_VALUE_LENGTH = 300;

/** Undefined where the kind is not compared field by field and the power state is as declared. Pure. */
export function differencesOf(
  manager: Manager,
  wanted: Wanted,
  observation: unknown,
): readonly FieldDifference[] | undefined {
  const fields = [
    ...powerDifference(manager, wanted, observation),
    ...(manager.differences?.(wanted, observation) ?? []),
  ];
  if (manager.differences === undefined && fields.length === 0) return undefined;
  const shown = fields.slice(0, MAX_FIELDS).map(kept);
  const left = fields.length - shown.length;
  return left === 0 ? shown : [...shown, { field: `and ${left} more`, declared: null, observed: null }];
}

/** Absence is reported in a sentence instead. */
function powerDifference({ power }: Manager, { spec }: Wanted, observation: unknown): FieldDifference[] {
  if (power === undefined || spec === undefined || power.role(spec) !== 'runs') return [];
  const observed = power.running(observation);
  return observed === 'stopped' ? [{ field: 'on the host', declared: 'running', observed }] : [];
}

function kept({ field, declared, observed }: FieldDifference): FieldDifference {
  const path = `/${field.replaceAll('.', '/')}`;
  const { before = null, after = null } = hideInChange({ path, before: observed, after: declared });
  return { field, declared: cut(after), observed: cut(before) };
}

function cut(value: Json): Json {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= MAX_VALUE_LENGTH ? value : `${text.slice(0, MAX_VALUE_LENGTH - 1)}…`;
}
