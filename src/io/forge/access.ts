// What the token or the App may do in the repository, asked without writing anything.

import { ForgeFailure } from '../../ports/forge-failure.ts';
import { connect, type GitHub } from './github/connect.ts';
import { gitlabForge } from './gitlab/forge.ts';
import { judge } from './judge.ts';
import type { ForgeOptions } from './options.ts';

const TIMEOUT_MS = 8_000;
/** What an App needs, as GitHub names it. */
const APP_NEEDS = { checks: 'write', contents: 'read', pull_requests: 'read', metadata: 'read' } as const;

export type Access =
  | { readonly kind: 'enough' }
  /** The rights that are missing, in the forge's words. */
  | { readonly kind: 'lacks'; readonly rights: readonly string[] }
  /** The forge does not say, as for a token that may only write statuses. */
  | { readonly kind: 'unknown' };

/** @throws when the repository cannot be seen; the message says what to do */
export async function accessOf(options: ForgeOptions): Promise<Access> {
  const within = { timeoutMs: TIMEOUT_MS, ...options };
  try {
    if (options.kind === 'gitlab') {
      await gitlabForge(within).openPulls();
      return { kind: 'unknown' };
    }
    const github = connect(within);
    return github.app === null ? await ofToken(github) : await ofApp(github);
  } catch (error) {
    if (error instanceof ForgeFailure || (error instanceof Error && !('status' in error))) throw error;
    const what = { verb: 'read', what: 'the repository', right: 'Metadata: read' } as const;
    throw new Error(judge(error, { ...what, as: options.login.as, now: new Date() }).reason, { cause: error });
  }
}

/** Who may push, may write statuses. */
async function ofToken({ client, owner, repo }: GitHub): Promise<Access> {
  const { data } = await (await client()).request('GET /repos/{owner}/{repo}', { owner, repo });
  const push = data.permissions?.push;
  if (push === undefined) return { kind: 'unknown' };
  return push ? { kind: 'enough' } : { kind: 'lacks', rights: ['Commit statuses: write'] };
}

async function ofApp({ app, owner, repo }: GitHub): Promise<Access> {
  const answer = await app?.request('GET /repos/{owner}/{repo}/installation', { owner, repo });
  const given = (answer?.data.permissions ?? {}) as Readonly<Record<string, string | undefined>>;
  const missing = Object.entries(APP_NEEDS).filter(([name, need]) => given[name] !== need && given[name] !== 'write');
  if (missing.length === 0) return { kind: 'enough' };
  return { kind: 'lacks', rights: missing.map(([name, need]) => `${name}: ${need}`) };
}
