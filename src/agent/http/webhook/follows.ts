// Whether an event is of the repository that is followed: by the name in the settings, or by the one that the forge says it has
// now, for one that was renamed.

import { isDue } from '../../../model/not-before.ts';
import type { Clock, Forge, Log } from '../../../ports.ts';

/** Strangers' repositories may be many: the forge is asked no more often than this. */
const ASK_EVERY_MS = 60_000;

export interface FollowedDeps {
  /** `owner/name`, as the settings have it. */
  readonly repository: string;
  /** Null where there is none to ask: then no event can do more than cause a look, and each is taken. */
  readonly forge: Pick<Forge, 'repositoryName'> | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Names are compared as forges do, which do not tell upper from lower case. */
export function followedRepository(parts: FollowedDeps): (repository: string) => Promise<boolean> {
  const { forge, clock, log } = parts;
  let current = parts.repository.toLowerCase();
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (repository) => {
    const asked = repository.toLowerCase();
    if (forge === null || asked === current) return true;
    const now = clock.now().getTime();
    if (!isDue(askedAt + ASK_EVERY_MS, now, ASK_EVERY_MS)) return false;
    askedAt = now;
    try {
      current = (await forge.repositoryName()).toLowerCase();
    } catch (error) {
      log.warn('the forge cannot be asked what the repository is called now', { error });
    }
    if (asked !== current) log.warn('an event of another repository is ignored', { repository });
    return asked === current;
  };
}
