// Binds a form to what its page showed: the page contains a digest of it, which the form sends back. While a person reads, the state may become another,
// which nobody has agreed to then. Pure.

import { createHash } from 'node:crypto';
import type { TargetId } from '../../model/ids.ts';
import { canonical } from '../../plan/diff/canonical.ts';
import { wouldDo } from '../../plan/policy/would-do.ts';
import type { Freeze } from '../../ports/ledger.ts';
import type { Head, RunDetail } from '../../ports/runs.ts';

/** State for the unfreeze page. */
export interface Frozen {
  readonly frozen: Freeze | null;
  readonly head: Head | null;
  readonly open: readonly Pick<RunDetail, 'id'>[];
}

const DIGEST_LENGTH = 22;

/** What would be approved: the planned change of the step, and what it would do where that is known. @param run with hidden secrets */
export function seenOfStep(run: RunDetail, target: TargetId): string {
  const planned = run.plan?.steps.find((step) => step.target === target);
  const record = run.steps.find((step) => step.target === target);
  const { verb, impact, changes = [], secrets = [] } = planned ?? {};
  return digestOf([
    verb ?? null,
    impact ?? null,
    changes.map(({ path, before = null, after = null }) => [path, before, after]),
    [...secrets],
    record === undefined ? null : [...wouldDo(run, record)],
  ]);
}

/** The freeze that would end, and the commit that would be followed again after a rewind. */
export function seenOfFreeze({ frozen, head }: Pick<Frozen, 'frozen' | 'head'>): string {
  const freeze = frozen === null ? null : [frozen.at, frozen.by, frozen.reason];
  return digestOf([freeze, head?.verdict === 'rewound' ? head.commit : null]);
}

function digestOf(shown: Parameters<typeof canonical>[0]): string {
  return createHash('sha256').update(canonical(shown)).digest('base64url').slice(0, DIGEST_LENGTH);
}
