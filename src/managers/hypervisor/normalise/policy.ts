// Normalises the policy.

import type { z } from 'zod';
import { DEFAULT_DRIFT, type DriftPolicy } from '../../../model/drift.ts';
import { DEFAULT_POLICY, type Policy } from '../../../model/policy.ts';
import { minutesOf, type phoenix } from '../schema/policy.ts';

/** @param timezone the host's time zone; null when it is not declared */
export function normalisePolicy(written: z.output<typeof phoenix> | undefined, timezone: string | null): Policy {
  if (written === undefined) return DEFAULT_POLICY;
  const { approvals, approvers, approvals_by, max_delete_percent, apply_windows, signed_commits } = written;
  return {
    approvals,
    approvers: approvers ?? null,
    approvalsBy: approvals_by,
    maxDeletePercent: max_delete_percent ?? null,
    protected: written.protected.map(String),
    applyWindows: apply_windows.map(({ cron, duration, timezone: own }) => ({
      cron,
      minutes: minutesOf(duration) ?? 0,
      timezone: own ?? timezone ?? 'Etc/UTC',
    })),
    signedCommits: signed_commits,
  };
}

export function normaliseDrift(written: z.output<typeof phoenix> | undefined): DriftPolicy {
  if (written?.drift === undefined) return DEFAULT_DRIFT;
  const { action, rules } = written.drift;
  return { action, rules: rules.map((rule) => ({ for: rule.for, action: rule.action ?? null, ignore: rule.ignore })) };
}
