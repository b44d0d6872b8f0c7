// Writes commit statuses to the forge, and tells what is worth another try from what never will be.

import { request } from '@octokit/request';
import type { Forge, SendResult } from '../../ports.ts';
import { judge } from './judge.ts';
import { openFetch } from './redirects.ts';

export interface ForgeOptions {
  readonly kind: 'github' | 'gitea' | 'gitlab' | 'none';
  /** Base URL: of GitHub's REST (`https://api.github.com` when absent), or of a Gitea or Forgejo. */
  readonly api?: string;
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  /** For one request, in milliseconds. */
  readonly timeoutMs?: number;
}

const SET_STATUS = 'POST /repos/{owner}/{repo}/statuses/{sha}';
const GITHUB = 'https://api.github.com';
const TIMEOUT_MS = 15_000;

/** Null for `none`: nothing is reported. Fails for a forge that Phoenix cannot report to, with what to do. */
export function openForge(options: ForgeOptions): Forge | null {
  if (options.kind === 'none') return null;
  const { send, owner, repo } = connect(options);
  return {
    async setStatus({ commit, context, state, description, url }): Promise<SendResult> {
      const body = { context, state, description, ...(url === null ? {} : { target_url: url }) };
      try {
        const answer = await send(SET_STATUS, { owner, repo, sha: commit, ...body });
        return answer.status === 201 ? { sent: true } : judge({ response: answer }, { commit, now: new Date() });
      } catch (error) {
        return judge(error, { commit, now: new Date() });
      }
    },
  };
}

export type Access = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether the token may write statuses, as far as the forge tells without one being written. For `phoenix doctor`. */
export async function checkAccess(options: ForgeOptions): Promise<Access> {
  try {
    const { send, owner, repo } = connect(options);
    const { data } = await send('GET /repos/{owner}/{repo}', { owner, repo });
    if (data?.permissions?.push === true) return { ok: true };
    return { ok: false, reason: 'the token may read the repository and not write to it: commits would get no answer' };
  } catch (error) {
    if (!(error instanceof Error) || !('status' in error))
      return { ok: false, reason: String((error as Error).message) };
    const result = judge(error, { commit: '', now: new Date() });
    return result.sent ? { ok: true } : { ok: false, reason: result.reason };
  }
}

function connect({ kind, api, token, repository, timeoutMs = TIMEOUT_MS }: ForgeOptions) {
  if (kind === 'gitlab') {
    throw new Error('statuses on GitLab are not supported: set PHOENIX_FORGE to github, gitea or none');
  }
  const [owner, repo, rest] = repository.split('/');
  if (!owner || !repo || rest !== undefined) {
    throw new Error(`${JSON.stringify(repository)} is no owner/name of a repository`);
  }
  const send = request.defaults({
    baseUrl: kind === 'gitea' ? giteaApi(api) : (api ?? GITHUB).replace(/\/+$/, ''),
    headers: { authorization: `token ${token}`, 'user-agent': 'phoenix-hypervisor' },
    request: { fetch: openFetch(timeoutMs), log: { warn() {} } },
  });
  return { send, owner, repo };
}

/** Where the paths of GitHub's REST begin. */
export function restBase({ kind, api }: Pick<ForgeOptions, 'kind' | 'api'>): string {
  return kind === 'gitea' ? giteaApi(api) : (api ?? GITHUB).replace(/\/+$/, '');
}

/** Gitea and Forgejo keep GitHub's paths below `/api/v1`. */
function giteaApi(api: string | undefined): string {
  if (api === undefined) throw new Error('PHOENIX_FORGE_API must name the address of the Gitea or Forgejo');
  const base = api.replace(/\/+$/, '');
  return base.endsWith('/api/v1') ? base : `${base}/api/v1`;
}

/** `owner/name` and the REST address of a repository's own forge, from the address that it is fetched from. */
export function placeOf(
  kind: ForgeOptions['kind'],
  repositoryUrl: string,
): { readonly repository: string; readonly api: string } {
  const url = new URL(repositoryUrl);
  const parts = url.pathname
    .replace(/\.git\/*$/, '')
    .split('/')
    .filter((part) => part !== '');
  const above = parts
    .slice(0, -2)
    .map((part) => `/${part}`)
    .join('');
  const repository = parts.slice(-2).join('/');
  if (kind === 'gitea') return { repository, api: url.origin + above };
  // GitHub itself has its API at a host of its own, an Enterprise Server at a path.
  return { repository, api: url.hostname === 'github.com' ? GITHUB : `${url.origin}/api/v3` };
}
