// What a look found otherwise than declared, as it is kept and shown: fields of the target and whether it runs. Bounded, and without secrets.

import type { Manager, Wanted } from '../../managers/manager.ts';
import type { Json } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import { hideInChange } from '../../plan/secret.ts';

/** A target that differs in more is another thing altogether: its page says that there are more. */
const MOST_FIELDS = 40;
/** Characters of one value; the host and the repository say the rest. */
const LONGEST_VALUE = 300;

/** Undefined where its kind is not compared field by field and runs or not as declared. Pure. */
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
  const shown = fields.slice(0, MOST_FIELDS).map(kept);
  const left = fields.length - shown.length;
  return left === 0 ? shown : [...shown, { field: `and ${left} more`, declared: null, observed: null }];
}

/** One that is not there at all is said in words beside it. */
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
  return text.length <= LONGEST_VALUE ? value : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
