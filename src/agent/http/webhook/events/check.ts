// Buttons on GitHub's checks: re-run, and those that Phoenix added.

import { z } from 'zod';
import type { RunId } from '../../../../model/ids.ts';
import { isTargetName } from '../../../../model/target-name.ts';
import { ignored, type ParsedEvent, parsed, quoteText } from './parsed-event.ts';
import { Login, parsePayload, Sha } from './shape.ts';

const Check = z.object({
  action: z.string(),
  sender: Login,
  requested_action: z.object({ identifier: z.string() }).optional(),
  check_run: z.object({ name: z.string(), head_sha: Sha, external_id: z.string().nullish() }),
});
const Suite = z.object({ action: z.string(), sender: Login, check_suite: z.object({ head_sha: Sha }) });

export function parseCheckEvent(payload: unknown): ParsedEvent {
  const read = parsePayload(Check, payload, 'a check run');
  if ('malformed' in read) return read.malformed;
  const { action, sender, requested_action: asked, check_run: check } = read.data;
  if (!check.name.startsWith('phoenix/')) return ignored(`${quoteText(check.name)} is no check of Phoenix`);
  const { head_sha: commit } = check;
  const again = { what: 'again', commit, context: check.name } as const;
  if (action === 'rerequested' || (action === 'requested_action' && asked?.identifier === 'replay')) {
    return parsed({ kind: 'ask', ask: again, source: { on: 'delivery' } }, sender.login);
  }
  if (action === 'requested_action' && asked?.identifier === 'approve') {
    const [, run, target] = /^run\/([\w-]{1,64})(?:\/(.+))?$/.exec(check.external_id ?? '') ?? [];
    if (run === undefined || (target !== undefined && !isTargetName(target)))
      return ignored('the check belongs to no run');
    const targets = target === undefined ? [] : [target];
    const ask = { what: 'approve run', run: run as RunId, commit, targets } as const;
    return parsed({ kind: 'ask', ask, source: { on: 'delivery' } }, sender.login);
  }
  return ignored(`Phoenix does nothing on a check run that is ${quoteText(action)}`);
}

export function parseSuiteEvent(payload: unknown): ParsedEvent {
  const read = parsePayload(Suite, payload, 'a check suite');
  if ('malformed' in read) return read.malformed;
  const { action, sender, check_suite: suite } = read.data;
  if (action !== 'rerequested') return ignored(`Phoenix does nothing on a check suite that is ${quoteText(action)}`);
  const ask = { what: 'again', commit: suite.head_sha, context: null } as const;
  return parsed({ kind: 'ask', ask, source: { on: 'delivery' } }, sender.login);
}
