// What a token may do in the repository, asked without writing anything.

import { request } from '@octokit/request';
import { type ForgeOptions, restBase } from './forge.ts';
import { judge } from './judge.ts';
import { openFetch } from './redirects.ts';

const TIMEOUT_MS = 8_000;

/**
 * Whether statuses may be written: who may push, may. Null when the forge does not tell, as for a token that may only write
 * statuses.
 *
 * @throws when the repository cannot be seen; the message says what to do
 */
export async function mayWriteStatuses(options: ForgeOptions): Promise<boolean | null> {
  const [owner = '', repo = ''] = options.repository.split('/');
  const send = request.defaults({
    baseUrl: restBase(options),
    headers: { authorization: `token ${options.token}`, 'user-agent': 'phoenix-hypervisor' },
    request: { fetch: openFetch(options.timeoutMs ?? TIMEOUT_MS), log: { warn() {} } },
  });
  try {
    const { data } = await send('GET /repos/{owner}/{repo}', { owner, repo });
    return (data as { permissions?: { push?: boolean } }).permissions?.push ?? null;
  } catch (error) {
    const judged = judge(error, { commit: '', now: new Date() });
    throw new Error(judged.sent ? 'the forge does not answer' : judged.reason, { cause: error });
  }
}
