// Where there are no checks, the comment under a pull request goes on to say how its merge went, and what waits for a person.

import { mergedMarkdown } from '../../messages/details/merged.ts';
import { runUrl } from '../../messages/status.ts';
import type { Run } from '../../model/run.ts';
import type { Context } from '../context.ts';

const RECENT_RUNS = 50;

/** Says nothing while the run goes on, or when nobody merged anything. */
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

/** How the merge of a pull request stands; null when it is not merged, or nothing ran for it. */
export async function mergeOf(context: Context, pull: number): Promise<string | null> {
  const { ledger } = context;
  for (const run of await ledger.runs(RECENT_RUNS)) {
    if (isRunOfMerge(run) && (await ledger.mergedPulls(run.commit)).includes(pull)) return bodyOf(context, run);
  }
  return null;
}

/** What a person switches on the same commit, and a look, are not about the merge. */
export function isRunOfMerge({ trigger }: Run): boolean {
  return trigger === 'push' || trigger === 'replay';
}

async function bodyOf({ ledger, options }: Context, { id }: Run): Promise<string | null> {
  const run = await ledger.run(id);
  return run === null ? null : mergedMarkdown(run, runUrl(options.publicUrl, id));
}
