// Whose words our own are, on GitHub, Gitea and Forgejo: a comment of ours is known by its author and its mark.

import { type GitHub, orNothing } from './connect.ts';

const known = new WeakMap<GitHub, Promise<string | null>>();

/** The login under which we write; null where the token may not ask. An App writes as `slug[bot]`. */
export function whoAmI(github: GitHub): Promise<string | null> {
  const asked = known.get(github) ?? ask(github);
  known.set(github, asked);
  asked.catch(() => known.delete(github));
  return asked;
}

/** What was written under our name says it too, where a token may not ask, as one of Gitea without the scope for users. */
export function learn(github: GitHub, login: string): void {
  known.set(github, Promise.resolve(login));
}

async function ask({ app, client }: GitHub): Promise<string | null> {
  if (app !== null) {
    const { data } = await app.request('GET /app');
    return data?.slug === undefined ? null : `${data.slug}[bot]`;
  }
  const open = await client();
  const answer = await orNothing(() => open.request('GET /user'), 403, 404);
  return answer?.data.login ?? null;
}
