// Finds out what the token or App may do in the repository. Each right is tested with a request that cannot succeed: every forge checks the right
// first, so the error shows whether it is granted. Nothing is written.

import { ForgeFailure } from '../../ports/forge-failure.ts';
import { classifyError } from './classify-error.ts';
import { appAccess } from './doctor/app-access.ts';
import { giteaAccess } from './doctor/gitea-access.ts';
import { githubAccess } from './doctor/github-access.ts';
import { gitlabAccess } from './doctor/gitlab-access.ts';
import type { Lack, Tried } from './doctor/tries.ts';
import { connect } from './github/connect.ts';
import type { ForgeOptions } from './options.ts';

const TIMEOUT_MS = 8_000;

export type Access =
  | { readonly kind: 'enough' }
  | { readonly kind: 'lacks'; readonly rights: readonly Lack[] }
  /** The forge's response says nothing about rights. */
  | { readonly kind: 'unknown'; readonly why: string };

/** @throws when the repository is not visible; the message says what to do */
export async function accessOf(options: ForgeOptions): Promise<Access> {
  const within = { timeoutMs: TIMEOUT_MS, ...options };
  try {
    return accessFrom(await triesOf(within));
  } catch (error) {
    if (error instanceof ForgeFailure || (error instanceof Error && !('status' in error))) throw error;
    const what = { verb: 'read', what: 'the repository', right: READ_RIGHT[options.kind] } as const;
    throw new Error(classifyError(error, { ...what, as: options.login.as, now: new Date() }).reason, { cause: error });
  }
}

const READ_RIGHT: Readonly<Record<ForgeOptions['kind'], string>> = {
  github: 'Metadata: read',
  gitea: 'write:repository',
  gitlab: 'api',
  none: '',
};

async function triesOf(options: ForgeOptions): Promise<readonly Tried[]> {
  if (options.kind === 'gitlab') return gitlabAccess(options);
  const github = connect(options);
  if (github.app !== null) return appAccess(github);
  return github.kind === 'gitea' ? giteaAccess(github) : githubAccess(github);
}

function accessFrom(tries: readonly Tried[]): Access {
  const rights = tries.flatMap((each) => (each.kind === 'may not' ? [each.lack] : []));
  if (rights.length > 0) return { kind: 'lacks', rights };
  const unknown = tries.find((each) => each.kind === 'unknown');
  return unknown === undefined ? { kind: 'enough' } : { kind: 'unknown', why: unknown.why };
}
