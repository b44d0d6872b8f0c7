// Records in the ledger what was decided about a commit, together with its statuses.

import { applying, invalid, looking, notFetched, nothingToDo } from '../../messages/statuses/run-status.ts';
import { APPLY_CONTEXT, type FinalSentence, statusAlone } from '../../messages/statuses/status.ts';
import { stepWaits } from '../../messages/statuses/step-status.ts';
import type { CommitSha, RunId } from '../../model/ids.ts';
import type { Problem } from '../../model/problem.ts';
import { hideSecrets } from '../../plan/secret.ts';
import type { HeadNotFetched } from '../../ports/head-not-fetched.ts';
import type { Approval, Head, Planned, RunRequest } from '../../ports/runs.ts';
import { type Context, isoNow } from '../context.ts';
import { runStatuses, stepStatuses } from '../statuses.ts';
import { trailerApprovals } from './approvals.ts';
import { earlyApprovals, NO_EARLY } from './early-approvals.ts';
import { beginWithPolicy, enforcePolicyOf } from './policy-in-force.ts';
import type { Proposal } from './proposal.ts';

interface Recording {
  /** The previous commit, up to which trailers have been read. */
  readonly base: string | null;
  readonly followed?: Head;
  /** The requested run; absent: a new one. */
  readonly run?: RunId;
  /** Approvals of the same steps in replaced runs. */
  readonly approvals?: readonly Approval[];
}

/** Records a plan as a run; one without steps has succeeded at once. */
export async function recordPlan(
  context: Context,
  request: RunRequest,
  { plan, digests, held, missing = [], problems }: Extract<Proposal, { kind: 'plan' }>,
  { base, followed, run, approvals = [] }: Recording,
): Promise<void> {
  const { options } = context;
  const head = request.commit as CommitSha;
  const at = isoNow(context);
  const isPush = request.trigger === 'push';
  const fromTrailers = isPush
    ? await trailerApprovals(context, plan, base as CommitSha | null, head, at)
    : { approvals: [], notes: [] };
  const early = isPush ? await earlyApprovals(context, plan, base as CommitSha | null, head) : NO_EARLY;
  const steps = new Set(plan.steps.map(({ target }) => target));
  if (isPush) await beginWithPolicy(context, request.commit);
  await write(context, request, run, {
    state: plan.steps.length === 0 ? 'succeeded' : 'planned',
    // In its displayed form, so that plain-text secrets of the repository do not get into the ledger.
    plan: hideSecrets(plan),
    digests,
    held,
    missing,
    problems,
    reason: null,
    notes: fromTrailers.notes,
    approvals: [...approvals.filter(({ target }) => steps.has(target)), ...early.approvals, ...fromTrailers.approvals],
    statuses: (id) => {
      const reported = { id, commit: request.commit, request };
      const underWay = request.readOnly ? looking(plan) : applying(plan);
      const sentence = plan.steps.length === 0 ? nothingToDo() : underWay;
      return [
        ...runStatuses(options.publicUrl, reported, sentence),
        ...plan.steps.flatMap((step) => stepStatuses(options.publicUrl, reported, step.target, stepWaits(step))),
      ];
    },
    ...(followed === undefined ? {} : { followed }),
  });
  // Used up by this run.
  for (const pull of early.pulls) await context.ledger.endEarlyApprovals(pull);
  if (plan.steps.length === 0) await enforcePolicyOf(context, request.commit, request);
}

export interface Refusal {
  /** `superseded` when a newer commit replaced it before its turn. */
  readonly state?: 'invalid' | 'superseded';
  readonly sentence: FinalSentence;
  readonly problems?: readonly Problem[];
  readonly followed?: Head;
  readonly run?: RunId;
}

/** The commit gets its status and nothing is changed. */
export async function recordRefusal(
  context: Context,
  request: RunRequest,
  { state = 'invalid', sentence, problems = [], followed, run }: Refusal,
): Promise<void> {
  await write(context, request, run, {
    state,
    plan: null,
    digests: {},
    held: {},
    problems,
    reason: sentence.description,
    approvals: [],
    notes: [],
    statuses: (id) => runStatuses(context.options.publicUrl, { id, commit: request.commit, request }, sentence),
    ...(followed === undefined ? {} : { followed }),
  });
}

export async function recordInvalid(
  context: Context,
  request: RunRequest,
  refusal: Omit<Refusal, 'sentence'> & { readonly problems: readonly Problem[] },
): Promise<void> {
  await recordRefusal(context, request, { ...refusal, sentence: invalid(refusal.problems) });
}

/** The head is known and cannot be fetched: that is reported on it, and it is fetched again later. */
export async function reportNotFetched({ ledger, queue }: Context, { head, message }: HeadNotFetched): Promise<void> {
  await ledger.say([statusAlone(head, APPLY_CONTEXT, notFetched(message))]);
  await queue.requestReport();
}

async function write({ ledger, queue }: Context, request: RunRequest, run: RunId | undefined, planned: Planned) {
  if (run === undefined) await ledger.recordRun(request, planned);
  else await ledger.planRun(run, planned);
  await queue.requestReport();
}
