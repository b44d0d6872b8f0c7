// Names of the required rights on each forge.

/** GitHub's permission, and the corresponding scope of a Gitea or Forgejo token. */
const SCOPES = {
  'Metadata: read': 'read:repository',
  'Contents: read': 'read:repository',
  'Pull requests: read': 'read:repository',
  'Pull requests: write': 'write:issue',
  'Commit statuses: read': 'read:repository',
  'Commit statuses: write': 'write:repository',
} as const;

/** @param right GitHub's name; returned unchanged where Gitea has no equivalent */
export function rightAt(kind: 'github' | 'gitea' | 'gitlab' | 'none', right: string): string {
  return kind === 'gitea' ? ((SCOPES as Readonly<Record<string, string>>)[right] ?? right) : right;
}
