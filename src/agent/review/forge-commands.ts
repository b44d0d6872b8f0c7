// Commands that people give on the forge, by a button of a check or a comment under a pull request: verified with the forge, carried out once for
// people who may push to the branch, and answered. A button cannot show an answer, so a refusal is logged; under a comment it is a reply.

import { ASKED, answerMarkdown, LOGGED, type Answers as Words } from '../../messages/details/pull.ts';
import { DRIFT_CONTEXT, PLAN_CONTEXT, runUrl, toPull } from '../../messages/statuses/status.ts';
import type { TargetId } from '../../model/ids.ts';
import type { PullComment } from '../../model/report.ts';
import { policyOf } from '../../plan/policy/policy.ts';
import type { Delivery } from '../../ports/deliveries.ts';
import type { Forge } from '../../ports/forge.ts';
import { ForgeFailure } from '../../ports/forge-failure.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';
import { commandText } from '../http/webhook/events/comment.ts';
import { appliedCommit, requestRun } from '../open-run.ts';
import { replay } from '../operations.ts';
import { Refused } from '../refused.ts';
import { approveRun, approveUnder } from './approve.ts';
import { mergeOf } from './merged.ts';
import { commentOf } from './pulls.ts';
import { type Asked, type Verified, verifyCommand } from './verify-command.ts';

/** A forge lists its deliveries with a delay. */
const LOOK_AGAIN_MS = 2_000;

/** The result of processing the commands. */
export interface Answers {
  /** Pull requests to plan again. */
  readonly forced: ReadonlySet<number>;
  /** When to check again for what the forge does not list yet. */
  readonly again: RetryDelay;
}

/** A command that cannot be verified at the moment is retried, and does not delay others. */
export async function answerCommands(
  context: Context,
  forge: Forge,
  deliveries: readonly Delivery[],
): Promise<Answers> {
  const forced = new Set<number>();
  let again: RetryDelay = null;
  for (const delivery of deliveries) {
    if (delivery.kind !== 'ask') continue;
    const wait = await answerOne(context, forge, delivery, forced);
    if (wait !== null) again = again === null ? wait : Math.min(again, wait);
  }
  return { forced, again };
}

/** Resolves to the delay before a retry, in milliseconds; null when it was handled. */
async function answerOne(context: Context, forge: Forge, delivery: Asked, forced: Set<number>): Promise<RetryDelay> {
  const { ledger, log } = context;
  const settle = () => ledger.settleDeliveries([delivery.id], []);
  let verified: Verified;
  try {
    verified = await verifyCommand(context, forge, delivery);
  } catch (error) {
    if (!(error instanceof ForgeFailure)) throw error;
    if (error.retryAfterSeconds !== null) return error.retryAfterSeconds * 1000;
    // No name: who sent it was not proved.
    log.warn('a command of the forge cannot be looked up, so nothing is done', { delivery: delivery.id, error });
    await settle();
    return null;
  }
  if (verified.kind === 'not yet') return LOOK_AGAIN_MS;
  if (verified.kind === 'refused') {
    log.warn('a command that the forge does not confirm has no effect', { by: delivery.by, reason: verified.reason });
    const { reason } = verified;
    if (verified.answer) await reply(context, delivery, (words) => words.refused(reason));
    await settle();
    return null;
  }
  const { id, ask, by } = verified;
  if (await ledger.hasCounted(id)) {
    await settle();
    return null;
  }
  const replyText = await answer(context, forge, verified, forced);
  if (replyText !== null) {
    await reply(context, delivery, replyText);
    log.info('asked on the forge', { by, ask: ask.what, answer: replyText(LOGGED) });
  }
  await ledger.count(id);
  await settle();
  return null;
}

async function answer(
  context: Context,
  forge: Forge,
  { ask, by, at, mayPush, approves }: Extract<Verified, { kind: 'given' }>,
  forced: Set<number>,
): Promise<Reply | null> {
  if (ask.what === 'approve all' && !(await countsReviews(context, forge, ask.pull))) return null;
  const may = await mayCommand(forge, by, mayPush);
  if (may !== true) return (words) => (may === false ? words.mayNot(by) : words.unknown(by, may));
  try {
    switch (ask.what) {
      case 'plan':
        forced.add(ask.pull);
        return (words) => words.planned();
      case 'replay': {
        const run = await replayed(context, ask.commit ?? (await mergedAs(context, forge, ask.pull)), by);
        return (words) => words.replays(run);
      }
      case 'again':
        return await again(context, ask.commit, ask.context, by, forced);
      case 'approve': {
        const done = await approveUnder(context, forge, ask.pull, ask.targets, { by, at });
        await refreshComment(context, ask.pull);
        return approvedOf(ask.targets, done);
      }
      case 'approve all': {
        const done = await approveUnder(context, forge, ask.pull, null, { by, at, ...(approves && { approves }) });
        await refreshComment(context, ask.pull);
        return done.length === 0 ? null : (words) => words.approved(done, []);
      }
      case 'approve run':
        return approvedOf(ask.targets, await approveRun(context, ask, { by, at }));
      default:
        return ask satisfies never;
    }
  } catch (error) {
    if (error instanceof Refused) return (words) => words.refused(error.message);
    throw error;
  }
}

/** A reply, worded for where it is shown. */
type Reply = (words: Words) => string;

function approvedOf(asked: readonly TargetId[], done: readonly TargetId[]): Reply {
  if (done.length === 0) return (words) => words.nothingWaits(asked);
  const missing = asked.filter((target) => !done.includes(target));
  return (words) => words.approved(done, missing);
}

/** Whether the policy for the change counts an approving review as an approval. */
async function countsReviews({ ledger }: Context, forge: Forge, number: number): Promise<boolean> {
  const plan = await ledger.pullPlan(number);
  if (plan !== null) return policyOf(plan.plan).approvalsBy === 'review';
  const merged = (await forge.pull(number))?.mergedAs;
  const runs = merged == null ? [] : (await ledger.openRuns()).filter(({ commit }) => commit === merged);
  return runs.some(({ plan: judged }) => policyOf(judged).approvalsBy === 'review');
}

/** A text where a person has to fix something before this can be decided. */
async function mayCommand(forge: Forge, by: string, signed: boolean | null): Promise<boolean | string> {
  try {
    return await forge.mayWrite(by, signed);
  } catch (error) {
    if (error instanceof ForgeFailure && error.retryAfterSeconds === null) return error.message;
    throw error;
  }
}

async function replayed(
  context: Context,
  commit: string,
  by: string,
  targets: readonly TargetId[] = [],
): Promise<string> {
  const run = await replay(context, { commit, targets, by });
  return runUrl(context.options.publicUrl, run) ?? `run ${run}`;
}

/** The commit that brought it to the branch. @throws Refused while it is not merged */
async function mergedAs({ ledger }: Context, forge: Forge, pull: number): Promise<string> {
  const merged = (await forge.pull(pull))?.mergedAs;
  const commit = merged == null ? null : ((await ledger.mergeOf(pull)) ?? merged);
  if (commit === null) throw new Refused('this is not merged; there is nothing to replay');
  return commit;
}

/** The re-run button of a check: the plan of a pull request, drift detection, or the commit, or one of its targets. */
async function again(
  context: Context,
  commit: string,
  name: string | null,
  by: string,
  forced: Set<number>,
): Promise<Reply> {
  const { ledger } = context;
  const pulls = [...(await ledger.pulls())].filter(([, as]) => as.startsWith(`${commit} `)).map(([pull]) => pull);
  if (name === PLAN_CONTEXT || (name === null && pulls.length > 0)) {
    for (const pull of pulls) forced.add(pull);
    return (words) => words.planned();
  }
  if (name === DRIFT_CONTEXT) {
    const request = { trigger: 'drift', by, targets: null, rewind: false, readOnly: true } as const;
    const run = await requestRun(context, { commit: await appliedCommit(context), ...request });
    return (words) => words.replays(`run ${run}`);
  }
  const target = /^phoenix\/([a-z]+\/.+)$/.exec(name ?? '')?.[1] as TargetId | undefined;
  const run = await replayed(context, commit, by, target === undefined ? [] : [target]);
  return (words) => words.replays(run);
}

/** Replies to the command; a button of a check has no place for a reply. */
async function reply({ ledger, queue, options }: Context, delivery: Asked, said: Reply): Promise<void> {
  const { id, source, ask, by } = delivery;
  // Recorded by an older Phoenix without verification, or by a button.
  if (source === undefined || source.on === 'delivery') return;
  const { pull } = source;
  const { url } = toPull(options.publicUrl, pull);
  const body = answerMarkdown(ask.what === 'approve all' ? null : commandText(ask), by, said(ASKED));
  const answers = source.on === 'comment' ? source.id : `review ${source.id ?? id}`;
  await ledger.say([{ pull, body, answers, ...(url === null ? {} : { url }) }]);
  await queue.requestReport();
}

/** Restores comments that somebody else changed or deleted. */
export async function restateComments(context: Context, deliveries: readonly Delivery[]): Promise<void> {
  const { ledger, forge, queue } = context;
  if (forge === null || forge.checks) return;
  const touched = deliveries.flatMap((each) => (each.kind === 'pull' && each.comment === true ? [each.pull] : []));
  for (const pull of new Set(touched)) {
    const comment = await commentUnder(context, pull);
    if (comment === null) continue;
    await ledger.forgetComment(pull);
    await ledger.say([comment]);
  }
  if (touched.length > 0) await queue.requestReport();
}

/** Updates the comment with the approvals so far. */
async function refreshComment(context: Context, pull: number): Promise<void> {
  if (context.forge?.checks !== false) return;
  const comment = await commentUnder(context, pull);
  if (comment !== null) await context.ledger.say([comment]);
}

/** The content of Phoenix's comment: the state of the merge, or the plan; null for an unknown pull request. */
async function commentUnder(context: Context, pull: number): Promise<PullComment | null> {
  const { ledger, options } = context;
  const merged = await mergeOf(context, pull);
  if (merged !== null) return { pull, body: merged };
  const plan = await ledger.pullPlan(pull);
  return plan === null ? null : commentOf(plan, await ledger.earlyApprovals(pull), options.publicUrl);
}
