// Whether an event is of the followed repository: by the name in the settings or, for one that was renamed, by its current name, which the
// forge is asked for.

import { isDue } from '../../../model/not-before.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Forge } from '../../../ports/forge.ts';
import type { Log } from '../../../ports/log.ts';

/** Events of other repositories may be many: the forge is asked no more often than this. */
const ASK_EVERY_MS = 60_000;

export interface FollowedDeps {
  /** `owner/name`, as the settings have it. */
  readonly repository: string;
  /** Null without a forge to ask: then an event does no more than make the agent fetch, and all are accepted. */
  readonly forge: Pick<Forge, 'repositoryName'> | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** @returns a predicate of `owner/name`; names are compared case-insensitively, as forges do */
export function followedRepository(deps: FollowedDeps): (repository: string) => Promise<boolean> {
  const { forge, clock, log } = deps;
  let current = deps.repository.toLowerCase();
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (repository) => {
    const named = repository.toLowerCase();
    if (forge === null || named === current) return true;
    const now = clock.now().getTime();
    if (!isDue(askedAt + ASK_EVERY_MS, now, ASK_EVERY_MS)) return false;
    askedAt = now;
    try {
      current = (await forge.repositoryName()).toLowerCase();
    } catch (error) {
      log.warn('the forge cannot be asked what the repository is called now', { error });
    }
    if (named !== current) log.warn('an event of another repository is ignored', { repository });
    return named === current;
  };
}
