// The `phoenix` section of the hypervisor's file: what a change needs before it is applied.

import { z } from 'zod';
import * as text from '../../../config/schema/text.ts';
import { timeZoneFault } from '../../../config/schema/time-zone.ts';
import * as value from '../../../config/schema/values.ts';
import { isSchedule, isTimezone } from '../../../plan/policy/windows.ts';

const DURATION = /^(?:([0-9]{1,2})d)?(?:([0-9]{1,3})h)?(?:([0-9]{1,4})m)?$/;
const MAX_MINUTES = 31 * 24 * 60;

/** `3h`, `90m` or `1d12h` in minutes; null for text that is no duration. */
export function minutesOf(duration: string): number | null {
  const parts = DURATION.exec(duration);
  if (parts === null) return null;
  const [days = 0, hours = 0, minutes = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const all = (days * 24 + hours) * 60 + minutes;
  return all > 0 && all <= MAX_MINUTES ? all : null;
}

/** The upper bound catches typing errors: no team requires more approvals. */
const persons = z.int('must be a whole number of persons').min(0).max(20);

const approvals = z.strictObject({
  destroy: persons.default(1).describe('For what destroys a target. Default: 1.'),
  recreate: persons.default(1).describe('For what recreates a target. Default: 1.'),
  restart: persons.default(0).describe('For what restarts a guest. Default: 0.'),
  live: persons.default(0).describe('For every other change. Default: 0.'),
  secrets: persons
    .default(0)
    .describe('For what gives a secret to a target that did not have it, whatever else it does. Default: 0.'),
});

const applyWindow = z.strictObject({
  cron: text
    .line(200)
    .refine(isSchedule, 'must be a cron expression of five fields that comes up, such as "0 2 * * 1-5"')
    .meta({ examples: ['0 2 * * 1-5'] })
    .describe('When it opens: minute, hour, day of the month, month, day of the week.'),
  duration: text
    .line(20)
    .refine((text) => minutesOf(text) !== null, 'must be a duration up to 31 days, such as "3h", "90m" or "1d12h"')
    .meta({ examples: ['3h', '90m'] })
    .describe('How long it stays open, for example `3h`.'),
  timezone: text
    .line(64)
    .refine(isTimezone, { error: ({ input }) => timeZoneFault(String(input)) })
    .optional()
    .meta({ examples: ['Europe/Berlin'] })
    .describe('Time zone of the expression. Default: `timezone` of the host, else Etc/UTC.'),
});

const guest = z.union(
  [value.guestId, text.name(/^(lxc|vm)\/[1-9][0-9]{2,8}$/, 'must be a guest')],
  'must be a guest such as "lxc/103", or its id',
);

const driftAction = z.enum(['report', 'heal']);

const driftRule = z.strictObject({
  for: z
    .array(text.name(/^[a-z-]+(\/[\w. -]{1,200})?$/, 'must be a kind such as lxc, or a target such as lxc/101'))
    .min(1)
    .meta({ examples: [['lxc', 'vm/1001']] })
    .describe('Kinds, or single targets.'),
  action: driftAction
    .optional()
    .describe('`report` or `heal`. Default: as the rules before it that name the target, else `action` of `drift`.'),
  ignore: z
    .array(text.name(/^[a-z][a-z0-9_.-]{0,127}$/, 'must be the name of a field'))
    .default([])
    .meta({ examples: [['memory_mb', 'cores']] })
    .describe(
      'Settings of guests, options of objects of the datacenter and fields of the host, such as `timezone` or `network.hosts`, that people may change on the host, by their names in the file. They are set when the target is made and when a commit changes them, and left as they are otherwise. Default: none.',
    ),
});

const drift = z.strictObject({
  action: driftAction
    .default('report')
    .describe(
      'What becomes of what a look finds otherwise than declared: it is reported, or brought back. Default: report.',
    ),
  rules: z
    .array(driftRule)
    .max(200)
    .default([])
    .describe('The same for kinds and targets; of several that name a target the last counts. Default: none.'),
});

export const phoenix = z.strictObject({
  approvals: approvals.prefault({}).describe('How many persons must approve a step, by what it does to its target.'),
  approvers: z
    .array(text.line(200).regex(/^[^\s,@][^\s,]*$/, 'must be one name, as the forge knows it, without @ before it'))
    .refine((names) => names.length > 0, 'must name somebody; leave it out for everybody')
    .optional()
    .describe('Whose approvals count, by the name that they have in the forge. Default: everybody who may give one.'),
  approvals_by: z
    .enum(['comment', 'review'])
    .default('comment')
    .describe(
      'What approves a change: a button, a command in a comment or a trailer of the merge; with "review" also an approving review of its pull request, for the head that was reviewed. Default: comment.',
    ),
  max_delete_percent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'A commit that deletes more than this share of the guests is refused, in percent; a single deletion never is. Default: behavior.max_delete_share.',
    ),
  protected: z
    .array(guest)
    .default([])
    .describe('Guests that are never destroyed or recreated, not even when approved. Default: none.'),
  apply_windows: z
    .array(applyWindow)
    .max(20)
    .default([])
    .describe('When changes may be carried out; outside of these times they wait. Default: at any time.'),
  drift: drift.prefault({}).describe('What becomes of differences that the look of the timer finds, and what is none.'),
  signed_commits: z
    .enum(['off', 'head', 'all'])
    .default('off')
    .describe(
      'Which commits must be signed by a key of PHOENIX_SIGNING_KEYS: none, the newest of a push, or all of it. Default: off.',
    ),
});
