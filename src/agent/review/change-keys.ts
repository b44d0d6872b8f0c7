// Keys that bind an approval given before the merge to one change, identified by its effect on fields, whichever commit brings it.

import { createHash } from 'node:crypto';
import type { TargetId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import { canonical } from '../../plan/diff/canonical.ts';
import { canBeApproved } from '../../plan/policy/waiting.ts';
import { hideSecrets } from '../../plan/secret.ts';

/** A key for each step that needs approval: equal for the same change of the same target, and for no other. Pure. */
export function changeKeys(plan: Plan): ReadonlyMap<TargetId, string> {
  const waiting = hideSecrets(plan).steps.filter(canBeApproved);
  return new Map(
    waiting.map(({ target, verb, impact, changes, secrets = [] }) => {
      const fields = changes.map(({ path, before, after }) => [path, before ?? null, after ?? null]);
      // The referenced secrets are part of the change, though their references are hidden.
      const text = canonical({ target, verb, impact, fields, ...(secrets.length === 0 ? {} : { secrets }) });
      return [target, createHash('sha256').update(text).digest('hex')];
    }),
  );
}
