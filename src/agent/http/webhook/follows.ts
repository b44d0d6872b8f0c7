// Decides whether an event belongs to the followed repository: by the name in the settings or, after a rename, by its current name, which the forge
// is asked for.

import { isDue } from '../../../model/not-before.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Forge } from '../../../ports/forge.ts';
import type { Log } from '../../../ports/log.ts';

/** Minimum interval between requests to the forge, since events of other repositories may be many. */
const ASK_EVERY_MS = 60_000;

export interface FollowedDeps {
  /** `owner/name` from the settings. */
  readonly repository: string;
  /** Null without a forge: then all events are accepted, since an event only causes a fetch. */
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
