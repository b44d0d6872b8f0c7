// Checks the rights of a token at Gitea and Forgejo: the token's scopes first, then its owner's rights. From the source of Gitea 1.26
// (routers/api/v1/api.go, tokenRequiresScopes), and verified with a real server. Each attempt is a write to an object that does not exist: with the
// rights it ends as not found, so that nothing is ever written.

import type { GitHub } from '../github/connect.ts';
import { type Answer, probe, summarise } from './answer.ts';
import { MAY, NO_COMMIT, NO_NUMBER, type Tried } from './tries.ts';

const REPOSITORY = 'GET /repos/{owner}/{repo}';
const NEW_TOKEN =
  'make a token with it (Settings, Applications) for PHOENIX_FORGE_TOKEN, since the scopes of a token stay as they are';

export async function giteaAccess(github: GitHub): Promise<readonly Tried[]> {
  const seen = await probe(github, REPOSITORY);
  if (seen.status === 401 || seen.status === 404 || seen.status >= 500) throw failure(seen);
  if (isScope(seen)) {
    return [mayNot('read the repository', seen, scopeRemedy(seen, 'write:repository')), await commentTry(github)];
  }
  return [await statusTry(github), await commentTry(github)];
}

async function statusTry(github: GitHub): Promise<Tried> {
  const body = { state: 'pending', context: 'phoenix/doctor' };
  const tried = await probe(github, 'POST /repos/{owner}/{repo}/statuses/{sha}', { sha: NO_COMMIT, ...body });
  const control = () => probe(github, 'GET /repos/{owner}/{repo}/commits/{ref}/status', { ref: NO_COMMIT });
  return classifyAttempt(tried, control, {
    what: 'write statuses',
    scope: 'write:repository',
    ownRight: 'make the owner of the token a collaborator with "Write", or a member of a team that may write code',
  });
}

/** Comments on pull requests use the issue API. */
async function commentTry(github: GitHub): Promise<Tried> {
  const number = { issue_number: NO_NUMBER };
  const path = '/repos/{owner}/{repo}/issues/{issue_number}';
  const tried = await probe(github, `POST ${path}/comments`, { ...number, body: 'phoenix doctor' });
  return classifyAttempt(tried, () => probe(github, `GET ${path}`, number), {
    what: 'write comments',
    scope: 'write:issue',
    ownRight: 'let the owner of the token read and write pull requests of the repository',
  });
}

interface Asked {
  readonly what: string;
  readonly scope: string;
  readonly ownRight: string;
}

/** @param control reads the same object: on a healthy forge it does not exist */
async function classifyAttempt(
  tried: Answer,
  control: () => Promise<Answer>,
  { what, scope, ownRight }: Asked,
): Promise<Tried> {
  if (isScope(tried)) return mayNot(what, tried, scopeRemedy(tried, scope));
  if (tried.status === 403) return mayNot(what, tried, ownRight);
  if (tried.status === 404) return MAY;
  // For all but site administrators, a missing object gives an empty server error, like a failing server.
  if (tried.status === 500 && (await control()).status === 404) return MAY;
  return { kind: 'unknown', why: `whether the token may ${what} cannot be told (${summarise(tried)})` };
}

function isScope({ status, message }: Answer): boolean {
  return status === 403 && /\bscopes?\b/i.test(message);
}

/** The forge lists the sufficient scopes; a token for public repositories only lacks none of them. */
function scopeRemedy({ message }: Answer, scope: string): string {
  if (/limited to public/.test(message))
    return 'take "public only" off: make a token for all repositories, for PHOENIX_FORGE_TOKEN';
  return `the scope ${scope} is missing: ${NEW_TOKEN}`;
}

function mayNot(what: string, tried: Answer, remedy: string): Tried {
  return { kind: 'may not', lack: { what, why: summarise(tried), remedy } };
}

/** The response as an error, for `classifyError`. */
function failure(response: Answer): Error {
  return Object.assign(new Error(summarise(response)), { status: response.status, response });
}
