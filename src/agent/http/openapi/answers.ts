// Schemas of the API's responses: for its description, and for tests that check every response. A later version may add fields, so clients must
// ignore unknown ones.

import { z } from 'zod';
import type { RunningState } from '../../../managers/manager.ts';
import { TROUBLE_KINDS } from '../../../model/notification.ts';
import type { Impact, Verb } from '../../../model/plan.ts';
import type { SignedCommits } from '../../../model/policy.ts';
import type { Outcome, RunState, Trigger } from '../../../model/run.ts';
import type { Head } from '../../../ports/runs.ts';
import type { TargetJson } from '../run-json.ts';

/** An enum with exactly the members of a union; the compiler checks it. */
function oneOf<T extends string>(names: Readonly<Record<T, true>>) {
  return z.enum(Object.keys(names) as [T, ...T[]]);
}

const time = z.string().describe('ISO 8601.');
const target = z.string().describe('`kind/name`, for example `lxc/101`.');
const runId = z.string().describe('Id of a run.');
const count = z.number().int().min(0);

const verb = oneOf<Verb>({ create: true, update: true, delete: true });
const impact = oneOf<Impact>({ live: true, restart: true, recreate: true, destroy: true });
const state = oneOf<RunState>({
  planned: true,
  applying: true,
  succeeded: true,
  failed: true,
  blocked: true,
  superseded: true,
  invalid: true,
});
const outcome = oneOf<Outcome>({
  applied: true,
  unchanged: true,
  failed: true,
  skipped: true,
  blocked: true,
  superseded: true,
});

const differences = z
  .array(
    z.object({
      field: z.string(),
      place: z
        .object({
          file: z.string(),
          path: z.string().describe('JSON pointer into the file.'),
          line: z.number().nullable().describe('From 1; null for the file as a whole.'),
        })
        .optional()
        .describe('Where it is declared; absent where no file says it.'),
      declared: z.unknown().describe('Any JSON; null where it is to have none.'),
      observed: z.unknown(),
      lines: z.array(z.string()).optional().describe('Lines of a text that differ: `-` as declared, `+` as observed.'),
    }),
  )
  .describe('Fields that a look found otherwise than declared; secrets are hidden and long values cut.');

const Step = z.object({
  target,
  verb,
  impact,
  outcome: outcome.nullable().describe('Null while it waits or runs.'),
  reason: z.string().nullable().describe('Why it ended so, and what to do.'),
  attempts: count,
  failures: count.optional().describe('Tries that failed unexpectedly.'),
  waits: z.number().optional().describe('Not tried before then, in epoch milliseconds.'),
  started: time.nullable(),
  ended: time.nullable(),
  actions: z.array(
    z.object({
      summary: z.string(),
      exit: z.number().int().nullable().describe('Null when it was stopped, or only would be done.'),
      ms: z.number(),
    }),
  ),
  differs: differences.optional(),
});

const summary = {
  id: runId,
  commit: z.string(),
  trigger: oneOf<Trigger>({ push: true, replay: true, drift: true, command: true }),
  verb: z.string().nullable().describe('Null for a run that no verb asked for.'),
  readOnly: z.boolean().describe('It says what would be done, and does nothing.'),
  state,
  created: time,
  started: time.nullable(),
  ended: time.nullable(),
  by: z.string(),
  steps: z.array(Step),
};
const RunSummary = z.object(summary);

const Problem = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string().describe('`phoenix explain CODE` says what it means.'),
  file: z.string(),
  path: z.string().describe('JSON pointer into the file.'),
  line: z.number().int(),
  column: z.number().int(),
  target: target.nullable(),
  message: z.string(),
  hint: z.string().nullable(),
});

const Run = z.object({
  ...summary,
  reason: z.string().nullable(),
  supersededBy: z.string().nullable().describe('The commit that took its place.'),
  problems: z.array(Problem),
  approvals: z.array(z.object({ target, by: z.string(), at: time, where: z.string().optional() })),
  notes: z.array(z.string()).describe('Lines that were taken for no approval, and why.'),
});

const Target = z.object({
  target,
  kind: z.string(),
  name: z.string(),
  state: oneOf<TargetJson['state']>({ applied: true, doubtful: true, unproved: true, declared: true }),
  proved: time.nullable().describe('When it was proved to be as declared.'),
  doubt: z.string().nullable(),
  look: z
    .object({
      run: runId,
      commit: z.string().describe('What it was compared with.'),
      at: time,
      found: z.string().nullable(),
      since: time,
      would: z.array(z.string()),
      differs: differences.nullable(),
      over: z.boolean(),
    })
    .nullable()
    .describe('The newest look that came to an end.'),
  commit: z.string(),
  declared: z.boolean().nullable(),
  running: oneOf<RunningState>({ running: true, stopped: true, absent: true }).nullable(),
  run: runId.nullable(),
  outcome: outcome.nullable(),
  reason: z.string().nullable(),
});

const Policy = z.object({
  commit: z.string(),
  policy: z.object({
    approvals: z.object({
      live: count,
      restart: count,
      recreate: count,
      destroy: count,
      secrets: count.optional(),
    }),
    approvers: z.array(z.string()).nullable(),
    approvalsBy: z.enum(['comment', 'review']).optional(),
    maxDeletePercent: z.number().nullable(),
    protected: z.array(z.string()),
    applyWindows: z.array(z.object({ cron: z.string(), minutes: z.number(), timezone: z.string() })),
    signedCommits: oneOf<SignedCommits>({ off: true, head: true, all: true }),
  }),
});

const Status = z.object({
  head: z
    .object({
      commit: z.string(),
      verdict: oneOf<Head['verdict']>({ followed: true, invalid: true, refused: true, rewound: true }),
      base: z.string().nullable(),
    })
    .nullable(),
  frozen: z.object({ reason: z.string(), by: z.string(), at: time }).nullable(),
  policy: Policy.nullable(),
  reports: z
    .object({ failed: count, waiting: count, since: time, why: z.string() })
    .nullable()
    .describe('What the forge does not take.'),
  deliveries: z.object({
    last: z.object({ at: time, id: z.string(), event: z.string() }).nullable(),
    refused: z
      .object({ at: time, why: z.string() })
      .nullable()
      .describe(
        'The newest since then with a missing or wrong signature. Anybody who reaches the address can send one.',
      ),
  }),
  nodes: z.object({ away: z.record(z.string(), z.object({ since: time, why: z.string() })) }),
  faults: z
    .array(z.object({ subject: z.string(), what: z.string(), since: time, why: z.string() }))
    .describe('What Phoenix itself needs and does not get; the remedy stands after the last `; ` of `why`.'),
  lasting: z
    .array(z.string())
    .describe(
      'Subjects of what has failed for two minutes, so that a person is needed: of `faults`, `node NAME` and `reports`.',
    ),
  targets: z.array(Target),
  orphans: z
    .array(z.object({ target, name: z.string(), markedAs: target }))
    .nullable()
    .describe('Null where the host cannot be checked.'),
});

const Channel = z.object({
  name: z.string(),
  service: z.string(),
  events: z.array(z.enum(TROUBLE_KINDS)),
  waiting: count,
  failing: z.object({ since: time, why: z.string() }).nullable(),
});

/** Schemas by their name in the description. */
export const ANSWERS = {
  RunSummary,
  Run,
  Target,
  Status,
  Channel,
  Log: z.object({ lines: z.array(z.string()), next: count.describe('The offset to go on from.') }),
  Accepted: z.object({ run: runId.nullable().describe('Null where no run was begun.') }),
  ChannelTest: z.object({ channel: z.string(), sent: z.boolean(), why: z.string().nullable() }),
  Alive: z.object({ alive: z.literal(true) }),
  Readiness: z.object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) }),
  Delivery: z.union([
    z.object({ delivery: z.string(), recorded: z.string() }),
    z.object({ delivery: z.string(), duplicate: z.string() }),
  ]),
  Ignored: z.object({ ignored: z.string() }),
  Error: z.object({ error: z.object({ message: z.string(), hint: z.string().describe('What to do.') }) }),
} as const;

export type AnswerName = keyof typeof ANSWERS;
