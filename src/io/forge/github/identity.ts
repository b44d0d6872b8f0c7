// The own login on GitHub, Gitea and Forgejo, by which Phoenix's comments are recognised together with their mark.

import { type GitHub, orNothing } from './connect.ts';

/** Cached by token, since another token may belong to another user. */
const known = new WeakMap<GitHub, { readonly token: string | null; readonly login: Promise<string | null> }>();

/** The login that Phoenix writes as; null where the token may not read it. An App writes as `slug[bot]`. */
export async function ownLogin(github: GitHub): Promise<string | null> {
  const token = await tokenOf(github);
  const asked = known.get(github);
  if (asked?.token === token) return asked.login;
  const login = requestIdentity(github);
  known.set(github, { token, login });
  login.catch(() => known.delete(github));
  return login;
}

/** Records the login from a written object, for tokens that may not read it, such as Gitea's without the user scope. */
export async function learn(github: GitHub, login: string): Promise<void> {
  known.set(github, { token: await tokenOf(github), login: Promise.resolve(login) });
}

/** Null for an App, whose token changes every hour but whose login does not. */
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
