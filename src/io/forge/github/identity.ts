// Whose words our own are, on GitHub, Gitea and Forgejo: a comment of ours is known by its author and its mark.

import { type GitHub, orNothing } from './connect.ts';

/** Another token may be another person's. */
const known = new WeakMap<GitHub, { readonly token: string | null; readonly login: Promise<string | null> }>();

/** The login under which we write; null where the token may not ask. An App writes as `slug[bot]`. */
export async function ownLogin(github: GitHub): Promise<string | null> {
  const token = await tokenOf(github);
  const asked = known.get(github);
  if (asked?.token === token) return asked.login;
  const login = requestIdentity(github);
  known.set(github, { token, login });
  login.catch(() => known.delete(github));
  return login;
}

/** What was written under our name says it too, where a token may not ask, as one of Gitea without the scope for users. */
export async function learn(github: GitHub, login: string): Promise<void> {
  known.set(github, { token: await tokenOf(github), login: Promise.resolve(login) });
}

/** An App's own is another every hour, and always its own. */
function tokenOf({ app, token }: GitHub): Promise<string | null> {
  return app === null ? token() : Promise.resolve(null);
}

async function requestIdentity({ app, client }: GitHub): Promise<string | null> {
  if (app !== null) {
    const { data } = await app.request('GET /app');
    return data?.slug === undefined ? null : `${data.slug}[bot]`;
  }
  const open = await client();
  const answer = await orNothing(() => open.request('GET /user'), 403, 404);
  return answer?.data.login ?? null;
}
