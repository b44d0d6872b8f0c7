// Where there are no checks, the comment under a pull request goes on to say how its merge went, and what waits for a person.

import { mergedMarkdown } from '../../say/details/merged.ts';
import { runUrl } from '../../say/status.ts';
import type { Context } from '../context.ts';

/** Says nothing while the run goes on, or when nobody merged anything. */
export async function tellMerged({ ledger, forge, options, queue }: Context, commit: string): Promise<void> {
  if (forge === null || forge.checks) return;
  const pull = await ledger.mergedPull(commit);
  if (pull === null) return;
  const run = (await ledger.runs(RECENT_RUNS)).find((each) => each.commit === commit && each.trigger !== 'drift');
  if (run === undefined || (run.ended === null && run.state !== 'blocked')) return;
  const detail = await ledger.run(run.id);
  if (detail === null) return;
  await ledger.say([{ pull, body: mergedMarkdown(detail, runUrl(options.publicUrl, run.id)) }]);
  await queue.requestReport();
}

const RECENT_RUNS = 50;
