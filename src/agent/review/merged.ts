// On forges without checks, the comment under a pull request also reports how its merge went, and what waits for a person.

import { mergedMarkdown } from '../../messages/details/merged.ts';
import { runUrl } from '../../messages/statuses/status.ts';
import type { Run } from '../../model/run.ts';
import type { Context } from '../context.ts';

const RECENT_RUNS = 50;

/** Does nothing while the run is in progress, or when it was no merge. */
export async function commentOnMerged(context: Context, commit: string): Promise<void> {
  const { ledger, forge, queue } = context;
  if (forge === null || forge.checks) return;
  const pulls = await ledger.mergedPulls(commit);
  if (pulls.length === 0) return;
  const run = (await ledger.runs(RECENT_RUNS)).find((each) => each.commit === commit && isRunOfMerge(each));
  if (run === undefined || (run.ended === null && run.state !== 'blocked')) return;
  const body = await bodyOf(context, run);
  if (body === null) return;
  await ledger.say(pulls.map((pull) => ({ pull, body })));
  await queue.requestReport();
}

/** The state of a pull request's merge; null when it is not merged, or has no run. */
export async function mergeOf(context: Context, pull: number): Promise<string | null> {
  const { ledger } = context;
  for (const run of await ledger.runs(RECENT_RUNS)) {
    if (isRunOfMerge(run) && (await ledger.mergedPulls(run.commit)).includes(pull)) return bodyOf(context, run);
  }
  return null;
}

/** Power changes and observations on the same commit do not belong to the merge. */
export function isRunOfMerge({ trigger }: Run): boolean {
  return trigger === 'push' || trigger === 'replay';
}

async function bodyOf({ ledger, options }: Context, { id }: Run): Promise<string | null> {
  const run = await ledger.run(id);
  return run === null ? null : mergedMarkdown(run, runUrl(options.publicUrl, id));
}
