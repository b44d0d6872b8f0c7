// How a commit came onto the branch, according to the forge: through which pull requests, with which text by their authors, and by whom.

import { inPull } from '../../messages/statuses/approval.ts';
import type { CommitSha } from '../../model/ids.ts';
import { trailerText } from '../../plan/policy/trailers.ts';
import type { Forge, PullRequest } from '../../ports/forge.ts';
import { ForgeFailure } from '../../ports/forge-failure.ts';
import type { Context } from '../context.ts';

/** Maximum number of pull requests to query: the newest recently open ones. */
const MAX_PULLS = 50;
const MAX_NAMED = 10;

export interface Origin {
  /** Text by the authors of the pull requests that became the commit. */
  readonly texts: readonly { readonly text: string; readonly where: string }[];
  /** Who merged or pushed it; null when unknown. */
  readonly by: string | null;
}

/** Without a forge there is only Git, which has neither. */
export async function originOf(
  context: Context,
  commit: CommitSha,
  message: string,
): Promise<Origin | { readonly unknown: string }> {
  const { forge, ledger } = context;
  if (forge === null) return { texts: [], by: null };
  try {
    const pulls = await mergedAs(context, forge, commit, message);
    const texts = await Promise.all(
      pulls.map(async ({ number }) => {
        const seen = (await ledger.authorTrailers(number)).map(trailerText);
        return [...(await forge.pullTexts(number)), ...seen].map((text) => ({ text, where: inPull(number) }));
      }),
    );
    const merger = pulls.find(({ mergedBy }) => mergedBy !== null)?.mergedBy;
    return { texts: texts.flat(), by: merger ?? (await forge.pusherOf(commit)) ?? null };
  } catch (error) {
    if (error instanceof ForgeFailure) return { unknown: error.message };
    throw error;
  }
}

/** Pull requests that the forge names for the commit; also those in its message and recently open ones, if the forge confirms them. */
async function mergedAs({ ledger }: Context, forge: Forge, commit: CommitSha, message: string): Promise<PullRequest[]> {
  const named = [...message.matchAll(/[#!](\d{1,9})\b/g)].map(([, number]) => Number(number)).slice(0, MAX_NAMED);
  const seen = [...(await ledger.pulls()).keys()].sort((a, b) => b - a).slice(0, MAX_PULLS);
  const noted = await ledger.mergedPulls(commit);
  const numbers = new Set([...(await forge.pullsOf(commit)), ...named, ...seen, ...noted]);
  const pulls = await Promise.all([...numbers].map((number) => forge.pull(number)));
  return pulls.filter((pull) => pull !== null).filter((pull) => pull.mergedAs === commit);
}
