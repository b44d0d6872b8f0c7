// Checks the rights of a token at GitHub. For a fine-grained one, a missing right is reported first ("Resource not accessible by personal access
// token", with the sufficient rights in `x-accepted-github-permissions`); for a classic one, every response lists its scopes (`x-oauth-scopes`), and
// anything beyond them is reported as not found. From GitHub's "Permissions required for fine-grained personal access tokens" and "Scopes for OAuth
// apps".

import type { GitHub } from '../github/connect.ts';
import { type Answer, probe, summarise } from './answer.ts';
import { MAY, NO_COMMIT, NO_NUMBER, type Tried } from './tries.ts';

const OWN_RIGHT = 'give the owner of the token the role Write in the repository';

/** The fields of a repository that concern rights. */
interface Repository {
  readonly private?: boolean;
  readonly permissions?: { readonly push?: boolean };
}

interface Asked {
  readonly what: string;
  /** Label on GitHub's settings page. */
  readonly right: string;
  /** Scopes of a classic token, any of which suffices. */
  readonly scopes: readonly string[];
  /** The status for a token with the right. */
  readonly enough: number;
}

export async function githubAccess(github: GitHub): Promise<readonly Tried[]> {
  const seen = await probe(github, 'GET /repos/{owner}/{repo}');
  if (seen.status !== 200) throw Object.assign(new Error(summarise(seen)), { status: seen.status, response: seen });
  const { private: hidden = true, permissions } = seen.data as Repository;
  const reach = hidden ? ['repo'] : ['repo', 'public_repo'];
  const pulls = await probe(github, 'GET /repos/{owner}/{repo}/pulls', { per_page: 1 });
  const body = { state: 'pending', context: 'phoenix/doctor' };
  const status = await probe(github, 'POST /repos/{owner}/{repo}/statuses/{sha}', { sha: NO_COMMIT, ...body });
  const path = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
  const comment = await probe(github, path, { issue_number: NO_NUMBER, body: 'phoenix doctor' });
  const known = { push: permissions?.push, classic: (await github.token()).startsWith('ghp_') };
  return [
    classifyAttempt(pulls, known, {
      what: 'read pull requests',
      right: 'Pull requests: read',
      scopes: reach,
      enough: 200,
    }),
    classifyAttempt(status, known, {
      what: 'write statuses',
      right: 'Commit statuses: write',
      scopes: [...reach, 'repo:status'],
      enough: 422,
    }),
    classifyAttempt(comment, known, {
      what: 'write comments',
      right: 'Pull requests: write',
      scopes: reach,
      enough: 404,
    }),
  ];
}

interface Known {
  /** Whether the token's owner may push; undefined where GitHub does not say. */
  readonly push: boolean | undefined;
  /** Recognised by GitHub's prefix of classic tokens. */
  readonly classic: boolean;
}

function classifyAttempt(tried: Answer, { push, classic }: Known, { what, right, scopes, enough }: Asked): Tried {
  const lacks = (remedy: string): Tried => ({ kind: 'may not', lack: { what, why: summarise(tried), remedy } });
  const named = String(tried.headers['x-oauth-scopes'] ?? '');
  if (classic || named !== '') {
    const held = named.split(',').map((scope) => scope.trim());
    if (!scopes.some((scope) => held.includes(scope))) {
      return lacks(`tick the scope ${scopes[0]} of the classic token in PHOENIX_FORGE_TOKEN`);
    }
  }
  if (tried.status === enough) return MAY;
  if (tried.status === 403 && /not accessible by/i.test(tried.message)) {
    // Either may be missing: a token never has more rights than its owner.
    if (push === false) return lacks(`${OWN_RIGHT}, and see that the token has the permission "${right}"`);
    return lacks(`give the fine-grained token in PHOENIX_FORGE_TOKEN the permission "${right}"`);
  }
  if (tried.status === 403 && /SAML|SSO/i.test(tried.message)) {
    return lacks('authorise the token for the organisation (Configure SSO beside it)');
  }
  const limited = tried.headers['retry-after'] !== undefined || /rate limit|abuse/i.test(tried.message);
  if (push === false && !limited && (tried.status === 403 || tried.status === 404)) return lacks(OWN_RIGHT);
  if (tried.status === 404) return lacks(`give the token in PHOENIX_FORGE_TOKEN the permission "${right}"`);
  return { kind: 'unknown', why: `whether the token may ${what} cannot be told (${summarise(tried)})` };
}
