// Creates a token at Gitea or Forgejo with the password of a user, so that nobody has to find the page for it.

import { restBase, TIMEOUT_MS, USER_AGENT } from '../options.ts';
import { openFetch } from '../redirects.ts';

/** What Phoenix needs there (docs/forges.md). */
const SCOPES = ['write:repository', 'write:issue'];

export interface GiteaPerson {
  readonly user: string;
  readonly password: string;
}

/**
 * `POST /users/{username}/tokens` takes a login by password alone, and a name that no token of that person has yet
 * (routers/api/v1/user/app.go, CreateAccessToken). Who has a second factor is refused.
 *
 * @param api base address of the forge
 * @returns `refused`: the answer of the forge, without what was sent
 * @throws where the forge does not answer
 */
export async function makeGiteaToken(
  api: string,
  { user, password }: GiteaPerson,
  name: string,
): Promise<{ readonly token: string } | { readonly refused: string }> {
  const url = `${restBase({ kind: 'gitea', api })}/users/${encodeURIComponent(user)}/tokens`;
  const answer = await openFetch(TIMEOUT_MS)(url, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
    },
    body: JSON.stringify({ name, scopes: SCOPES }),
  });
  const told = (await answer.json().catch(() => ({}))) as { readonly sha1?: unknown; readonly message?: unknown };
  if (answer.status === 201 && typeof told.sha1 === 'string') return { token: told.sha1 };
  const message = typeof told.message === 'string' ? `: ${told.message}` : '';
  return { refused: `HTTP ${answer.status}${message}` };
}
