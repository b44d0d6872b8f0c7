// GitHub's merge queue requests checks of a commit that it created, by an event and by pushing a branch of its own. Either makes Phoenix read the
// queue.

import { z } from 'zod';
import { ignored, type ParsedEvent, parsed, quoteText } from './parsed-event.ts';
import { Login, parsePayload } from './shape.ts';

const MergeGroup = z.object({
  action: z.string(),
  sender: Login.optional(),
  merge_group: z.object({ head_ref: z.string() }),
});

export function parseMergeGroupEvent(payload: unknown, branch: string): ParsedEvent {
  const read = parsePayload(MergeGroup, payload, 'a merge group');
  if ('malformed' in read) return read.malformed;
  const { action, sender, merge_group: group } = read.data;
  if (action !== 'checks_requested')
    return ignored(`Phoenix does nothing on a merge group that is ${quoteText(action)}`);
  const pull = queuedPull(group.head_ref, branch);
  if (pull === null) return ignored(`Phoenix follows ${branch}, not ${quoteText(group.head_ref)}`);
  return parsed({ kind: 'pull', pull }, sender?.login);
}

/** The pull request of a queue branch; null for any other branch. @param branch the queue's destination */
export function queuedPull(ref: string, branch: string): number | null {
  const prefix = `refs/heads/gh-readonly-queue/${branch}/`;
  const [, pull] = ref.startsWith(prefix) ? (/^pr-(\d{1,9})-[0-9a-f]+$/.exec(ref.slice(prefix.length)) ?? []) : [];
  return pull === undefined ? null : Number(pull);
}
