// Checks the rights of a GitHub App, which its installation on the repository lists.

import type { GitHub } from '../github/connect.ts';
import { MAY, type Tried } from './tries.ts';

/** The rights that an App needs: GitHub's name, level, and the label on its settings page. */
const NEEDS: ReadonlyArray<readonly [name: string, level: 'read' | 'write', shown: string]> = [
  ['checks', 'write', 'Checks: Read and write'],
  ['contents', 'read', 'Contents: Read-only'],
  // For replies to comments.
  ['pull_requests', 'write', 'Pull requests: Read and write'],
  ['metadata', 'read', 'Metadata: Read-only'],
];

export async function appAccess({ app, owner, repo }: GitHub): Promise<readonly Tried[]> {
  const answer = await app?.request('GET /repos/{owner}/{repo}/installation', { owner, repo });
  const { permissions = {}, suspended_at: suspended = null } = (answer?.data ?? {}) as {
    readonly permissions?: Readonly<Record<string, string | undefined>>;
    readonly suspended_at?: string | null;
  };
  if (suspended !== null) {
    const remedy = 'unsuspend it, in the settings of the account that the repository belongs to';
    return [{ kind: 'may not', lack: { what: 'do anything', why: 'its installation is suspended', remedy } }];
  }
  return NEEDS.map(([name, level, shown]) => {
    const given = permissions[name];
    if (given === level || given === 'write') return MAY;
    const why = `its installation has ${given === undefined ? `no permission for ${name}` : `${name}: ${given}`}`;
    const remedy = `set "${shown}" under Permissions of the App, and accept it where the App is installed`;
    return { kind: 'may not', lack: { what: `${level} ${name.replace('_', ' ')}`, why, remedy } };
  });
}
