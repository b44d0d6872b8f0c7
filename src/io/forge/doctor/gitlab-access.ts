// Checks the rights of a token at GitLab: its scopes, which any token may read for itself (`personal_access_tokens/self`, also for project access
// tokens), and its owner's role in the project.

import { openClient } from '../gitlab/client.ts';
import type { ForgeOptions } from '../options.ts';
import { answerTo, summarise } from './answer.ts';
import { MAY, NO_COMMIT, type Tried } from './tries.ts';

/** Access level of the role Developer, which may write statuses and push to unprotected branches. */
const DEVELOPER = 30;
const SCOPE = 'make a token with the scope api (Settings, Access tokens) for PHOENIX_FORGE_TOKEN';
const ROLE =
  'give the token, or its owner, the role Developer in the project, or Maintainer where the branch is protected so';

interface Project {
  readonly permissions?: Readonly<
    Record<'project_access' | 'group_access', { readonly access_level: number } | null | undefined>
  >;
}

export async function gitlabAccess({ login, ...options }: ForgeOptions): Promise<readonly Tried[]> {
  const token = login.as === 'token' ? login.token : () => '';
  const client = openClient(options, token, { aheadMs: 0 });
  const path = `/projects/${encodeURIComponent(options.repository)}`;
  const call = (method: 'GET' | 'POST', at: string, body?: object) =>
    answerTo(async () => ({ status: 200, headers: {}, data: await client.call(method, at, body) }));
  const self = await call('GET', '/personal_access_tokens/self');
  const { scopes } = (self.data ?? {}) as { readonly scopes?: readonly string[] };
  if (self.status === 200 && scopes !== undefined && !scopes.includes('api')) {
    const why = `its scopes are ${scopes.join(', ') || 'none'}`;
    return [{ kind: 'may not', lack: { what: 'write statuses and comments', why, remedy: SCOPE } }];
  }
  const project = (await client.call('GET', path)) as Project;
  const tried = await call('POST', `${path}/statuses/${NO_COMMIT}`, { state: 'pending', name: 'phoenix/doctor' });
  const lack = (remedy: string): Tried => ({
    kind: 'may not',
    lack: { what: 'write statuses and comments', why: summarise(tried), remedy },
  });
  if (tried.status === 404) return [MAY];
  const { error } = (tried.data ?? {}) as { readonly error?: unknown };
  if (tried.status === 403 && error === 'insufficient_scope') return [lack(SCOPE)];
  if (tried.status === 403) return [lack(ROLE)];
  const levels = [project.permissions?.project_access, project.permissions?.group_access];
  if (levels.some((each) => (each?.access_level ?? 0) >= DEVELOPER) && scopes?.includes('api')) return [MAY];
  return [{ kind: 'unknown', why: `whether the token may write statuses cannot be told (${summarise(tried)})` }];
}
