// The comment under a pull request once it is merged: how its run went, and what waits for a person. Pure.

import { targetWord } from '../../model/target-name.ts';
import { waitingSteps } from '../../plan/policy/waiting.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { labelsOf } from '../changes.ts';
import { shortSha } from '../statuses/status.ts';
import { approvalList } from './details.ts';
import { block, code, link, plain, table } from './markdown.ts';
import { mostPressing, reasonCell } from './outcomes.ts';

/** @param url of the page that shows all of it; null when there is none */
export function mergedMarkdown(run: RunDetail, url: string | null): string {
  const waits = waitingSteps(run);
  const name = url === null ? `run ${run.id}` : link(`run ${run.id}`, url);
  const label = labelsOf(run.plan?.steps ?? []);
  const rows = mostPressing(run.steps, ({ outcome }) => outcome).map(({ target, verb, outcome, reason }) => {
    return [code(label(target)), verb, outcome ?? 'waits', reasonCell(reason ?? '')];
  });
  const parts = [
    `**Merged as ${code(shortSha(run.commit))}: ${run.state}**, ${name}.`,
    run.reason === null ? '' : plain(run.reason),
    approvalList(run),
    waits.length === 0
      ? ''
      : `Waits for approval. To approve, comment:\n\n${block([`/phoenix approve ${waits.map(targetWord).join(' ')}`])}`,
    rows.length === 0 ? '' : table(['Target', 'What', 'Outcome', 'Why'], rows),
    run.state === 'failed' ? `To check again and do what is missing, comment ${code('/phoenix replay')}.` : '',
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
